"""A folder of pictures → a model, without a project: the pipeline's own stages in a folder of their own."""
