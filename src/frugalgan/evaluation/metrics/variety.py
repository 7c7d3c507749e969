"""How far samples lie from one another, beside real images: what a generator that draws one picture fails."""

import numpy as np

from frugalgan.evaluation.metrics.distances import in_blocks
from frugalgan.evaluation.metrics.inputs import MetricError, checked_pair

COLLAPSED = 0.5  # of `variety` or of `spacing`; random halves to sixteenths of real images have 0.85 and more


def variety(fake: np.ndarray, real: np.ndarray) -> float:
    """The mean distance between two samples, over that between two real images: (n, d), (m, d) → a ratio ≥ 0.

    About 1 for like sets at any n and m, 0 for one image again and again. Raises MetricError.
    """
    fake, real = checked_pair(fake, real, names=("fake", "real"))
    ours, theirs = (_mean_distance(x) for x in (fake, real))
    if not theirs:
        raise MetricError("real set: all of its samples are alike, so variety has no measure")
    return ours / theirs


def spacing(fake: np.ndarray, real: np.ndarray) -> float:
    """The median distance of a sample to the nearest other one, over that of real images: a ratio ≥ 0.

    It falls to 0 also where several images come again and again, which `variety` hardly notices. A set is denser the
    larger it is, so of the larger one as many are drawn as the smaller has: rows may be sorted. 1 where half the real
    images come twice themselves. Raises MetricError.
    """
    fake, real = checked_pair(fake, real, names=("fake", "real"))
    n = min(len(fake), len(real))
    ours, theirs = (_median_nearest(_drawn(x, n)) for x in (fake, real))
    return ours / theirs if theirs else 1.0


def _drawn(x: np.ndarray, n: int) -> np.ndarray:
    """n of the rows, always the same ones."""
    return x if len(x) == n else x[np.random.default_rng(0).choice(len(x), n, replace=False)]


def _mean_distance(x: np.ndarray) -> float:
    total = sum(float(np.sqrt(block).sum()) for _, block in in_blocks(x, x))
    return total / (len(x) * (len(x) - 1))


def _median_nearest(x: np.ndarray) -> float:
    nearest = []
    for rows, block in in_blocks(x, x):
        block[np.arange(len(block)), np.arange(rows.start, rows.start + len(block))] = np.inf
        nearest.append(block.min(axis=1))
    return float(np.median(np.sqrt(np.concatenate(nearest))))
