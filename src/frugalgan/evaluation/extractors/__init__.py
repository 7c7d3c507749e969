"""Networks that turn images into features: one file per extractor, imported only when it is asked for."""
