"""What a model's images are worth: features, metrics, error bars."""
