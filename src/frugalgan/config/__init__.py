"""models.yaml and params.yaml → one checked study."""
