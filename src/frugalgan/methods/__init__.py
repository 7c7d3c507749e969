"""One published method per file; the file's name is its section in params.yaml."""
