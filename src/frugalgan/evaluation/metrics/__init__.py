"""Measures of sample quality: pure functions on (n, d) feature arrays, blind to where the features came from."""
