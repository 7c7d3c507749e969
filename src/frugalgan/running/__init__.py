"""`dvc repro` whose stages start at once, for none of them imports PyTorch anew."""
