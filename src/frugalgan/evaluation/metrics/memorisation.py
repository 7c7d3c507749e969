"""Whether samples are copies: their nearest training images, beside those of real images never trained on."""

import numpy as np

from frugalgan.evaluation.metrics.distances import nearest
from frugalgan.evaluation.metrics.inputs import checked, checked_pair

QUANTILE = 0.05
LEAST_HELDOUT = 20  # with fewer the closest 5 % of them are less than one image


def closer_than_heldout(samples: np.ndarray, training: np.ndarray, heldout: np.ndarray) -> float:
    """The share of `samples` that lie closer to a training image than all but the closest 5 % of `heldout` do.

    About 0.05 for a generator as original as reality, 1 for one that repeats its training images; 0 also for one
    whose samples resemble nothing. All (n, d) features, at least 20 held-out ones. Raises MetricError.
    """
    samples, training = checked_pair(samples, training, names=("samples", "training"))
    heldout = checked(heldout, at_least=LEAST_HELDOUT, name="heldout")
    ours, theirs = (nearest(x, training, 1)[1][:, 0] for x in (samples, heldout))
    return float(np.mean(ours < np.quantile(theirs, QUANTILE)))
