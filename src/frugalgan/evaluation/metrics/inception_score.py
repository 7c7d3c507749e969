"""Inception Score (Salimans et al. 2016, arXiv:1606.03498, section 4)."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, logsumexp

from frugalgan.evaluation.metrics.inputs import MetricError, checked


def inception_score(logits: ArrayLike, *, splits: int) -> tuple[float, float]:
    """(mean, standard deviation) over `splits` consecutive parts of exp(E KL(p(y|x) ‖ p(y))).

    Never rank models of a single class by it: cats are a handful of ImageNet's classes, and the score is high for
    images that a classifier is sure about and that spread over *many* classes. Its five known failures:

    1. it says nothing of classes that are absent from ImageNet, on which the classifier was trained;
    2. it is off where the label set is another one, finer or coarser than ImageNet's;
    3. it sees textures rather than shapes, as the classifier does, so a well-textured monster scores high;
    4. one image per class, repeated, scores as high as it gets: variety within a class is not seen;
    5. memorised training images score high: nothing is compared with the data.

    It also changes with the classifier's weights at equal accuracy, and with n and the number of splits (Barratt &
    Sharma 2018, arXiv:1801.01973): compare at equal n only.

    logits: (n, classes), n at least `splits`. The score of each part is from 1 to the number of classes.
    Raises MetricError.
    """
    if splits < 1:
        raise MetricError(f"the Inception Score needs at least 1 split, not {splits}")
    log_p = log_softmax(checked(logits, at_least=splits).astype(np.float64), axis=1)
    n = len(log_p)
    parts = [log_p[i * n // splits : (i + 1) * n // splits] for i in range(splits)]
    scores = [_score(part) for part in parts]
    return float(np.mean(scores)), float(np.std(scores))


def _score(log_p: np.ndarray) -> float:
    log_marginal = logsumexp(log_p, axis=0) - np.log(len(log_p))
    divergence = (np.exp(log_p) * (log_p - log_marginal)).sum(axis=1)
    return np.exp(divergence.mean())
