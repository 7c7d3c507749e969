"""The names of metrics in files: numbers of different feature spaces must not share one."""

CLASSIFIER = "classifier"  # in place of an extractor: that of the data set's own labels
SWD = "swd"  # the sliced Wasserstein distance of pixels, which no network is behind


def metric_key(metric: str, extractor: str) -> str:
    """`kid` for Inception only, else `kid_<extractor>`; so for every metric."""
    return metric if extractor == "inception" else f"{metric}_{extractor}"


def distance_key(extractor: str) -> str:
    """The Fréchet distance's name: `fid` for Inception only, else `fd_<extractor>`."""
    return metric_key("fid" if extractor == "inception" else "fd", extractor)
