"""One published method per file, whose name is its section in params.yaml; and what methods share."""
