"""Whether samples are copies: their nearest training images, beside those of real images never trained on."""

import numpy as np

from frugalgan.evaluation.metrics.distances import nearest
from frugalgan.evaluation.metrics.inputs import checked, checked_pair

QUANTILE = 0.05
LEAST_HELDOUT = 20  # with fewer the closest 5 % of them are less than one image
MOST_HELDOUT = 2000  # these are chosen at random: more would take minutes, and tell no more of the closest 5 %


def heldout_limit(training: np.ndarray, heldout: np.ndarray) -> float:
    """How close to a training image the closest 5 % of `heldout` lie, (n, d) features. Raises MetricError."""
    heldout = checked(heldout, at_least=LEAST_HELDOUT, name="heldout")
    if len(heldout) > MOST_HELDOUT:
        heldout = heldout[np.random.default_rng(0).choice(len(heldout), MOST_HELDOUT, replace=False)]
    return float(np.quantile(nearest(heldout, training, 1)[1][:, 0], QUANTILE))


def closer_than_heldout(samples: np.ndarray, training: np.ndarray, limit: float) -> float:
    """The share of `samples` that lie closer to a training image than `limit`, the `heldout_limit`.

    About 0.05 for a generator as original as reality, 1 for one that repeats its training images; 0 also for one
    whose samples resemble nothing. (n, d) features. Raises MetricError.
    """
    samples, training = checked_pair(samples, training, names=("samples", "training"))
    return float(np.mean(nearest(samples, training, 1)[1][:, 0] < limit))
