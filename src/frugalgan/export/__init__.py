"""Trained generators for other programs: ONNX files, in 32 and in 8 bits, and a page that runs them."""
