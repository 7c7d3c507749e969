"""One training loop for all methods, and what it needs."""
