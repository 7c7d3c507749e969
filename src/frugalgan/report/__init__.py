"""Metrics of all models → the thesis's tables, one comparison, and figures."""
