"""How much of the samples is real-like, and how much of the real they reach: by k-nearest-neighbour balls.

A ball of a set is centred on one of its samples and reaches to that sample's k-th nearest neighbour in the set.
"""

import numpy as np
from numpy.typing import ArrayLike

from frugalgan.evaluation.metrics.distances import in_blocks, squared_radii
from frugalgan.evaluation.metrics.inputs import checked_pair


def precision_recall(real: ArrayLike, fake: ArrayLike, *, k: int) -> tuple[float, float]:
    """(precision, recall), Kynkäänniemi et al. 2019, arXiv:1904.06991, equations 1 and 2; the paper takes k = 3.

    Precision: share of fake samples within a ball of the real ones; recall: share of real samples within a ball of
    the fake ones. real: (n, d), fake: (m, d), n and m more than k. Returns two shares, 0 to 1. Raises MetricError.
    """
    real, fake = checked_pair(real, fake, at_least=k + 1, names=("real", "fake"))
    return _share_within(fake, real, squared_radii(real, k)), _share_within(real, fake, squared_radii(fake, k))


def density_coverage(real: ArrayLike, fake: ArrayLike, *, k: int) -> tuple[float, float]:
    """(density, coverage), Naeem et al. 2020, arXiv:2002.09797, equations 4 and 5; the paper takes k = 5.

    Density: how many balls of the real samples hold a fake one, on average, divided by k: about 1 for like sets,
    and more where fakes crowd together. Coverage: share of real balls that hold a fake sample, 0 to 1.
    real: (n, d), fake: (m, d), n and m more than k. Raises MetricError.
    """
    real, fake = checked_pair(real, fake, at_least=k + 1, names=("real", "fake"))
    radii = squared_radii(real, k)
    held, hits = 0, np.zeros(len(real), bool)
    for _, block in in_blocks(fake, real):
        inside = block < radii
        held += int(inside.sum())
        hits |= inside.any(axis=0)
    return held / (k * len(fake)), float(hits.mean())


def _share_within(samples: np.ndarray, centres: np.ndarray, radii: np.ndarray) -> float:
    within = [(block <= radii).any(axis=1) for _, block in in_blocks(samples, centres)]
    return float(np.concatenate(within).mean())
