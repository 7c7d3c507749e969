"""Where things lie in a folder of `frugalgan train`."""

WORK = ".work"  # what the stages left, as below a project's folder
PICTURES, MODEL = "pictures", "model"  # the names of its data set and its model there
