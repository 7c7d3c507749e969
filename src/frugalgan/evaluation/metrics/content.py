"""Whether an adapted generator still draws the same thing of the same z, in the new domain."""

import numpy as np


def content_kept(adapted: np.ndarray, source: np.ndarray) -> float:
    """(n, d) features of an adapted generator's images, and of the source's of the same z → −1 … 1.

    The mean cosine of the two images of a z, each without its set's mean, so that what all images of a domain have in
    common does not count: 1, where they differ as the source's do; 0, where they have nothing to do with them. Where
    the new domain is a known style, `source` is of the source's images in that style. Raises ValueError for other
    shapes.
    """
    if adapted.shape != source.shape:
        raise ValueError(f"features of pairs: {adapted.shape} and {source.shape} are not as many")
    a, b = (features - features.mean(axis=0) for features in (adapted.astype(np.float64), source.astype(np.float64)))
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(np.mean((a * b).sum(axis=1) / np.maximum(norms, np.finfo(np.float64).tiny)))
