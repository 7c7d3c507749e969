"""Maximum mean discrepancies (Gretton et al. 2012, JMLR 13): KID, and one with a mixture of Gaussian kernels."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from frugalgan.evaluation.metrics.distances import squared_distances
from frugalgan.evaluation.metrics.inputs import MetricError, checked_pair

BANDWIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # times the median distance between the samples of the second set

Kernel = Callable[[np.ndarray, np.ndarray], np.ndarray]


def kid(a: ArrayLike, b: ArrayLike, *, subsets: int, subset_size: int, seed: int) -> tuple[float, float]:
    """Kernel Inception Distance (Bińkowski et al. 2018, arXiv:1801.01401, section 4): (mean, standard deviation).

    The unbiased MMD² with the kernel (xᵀy / d + 1)³ of `subsets` pairs of random subsets of `subset_size` samples:
    its mean, and its spread over the subsets, which is not the error of the mean. Unlike the Fréchet distance it is
    unbiased at any n, and can fall below 0. The subsets are those that torch-fidelity draws from the same seed.

    a: (n, d), b: (m, d), n and m at least `subset_size` ≥ 2; computed in float64. Raises MetricError.
    """
    a, b = checked_pair(a, b, at_least=subset_size)
    if subset_size < 2 or subsets < 1:
        raise MetricError(f"KID needs at least 1 subset of at least 2 samples, not {subsets} of {subset_size}")
    rng = np.random.RandomState(seed)  # NumPy keeps this stream as it is for good
    draws = [tuple(rng.choice(len(x), subset_size, replace=False) for x in (a, b)) for _ in range(subsets)]
    if len(a) * len(b) <= subsets * subset_size**2:  # each kernel value once, not once per subset
        within_a, within_b, across = _grams(_cubic, a, b)
        values = [_mmd2(within_a[np.ix_(i, i)], within_b[np.ix_(j, j)], across[np.ix_(i, j)]) for i, j in draws]
    else:
        values = [_mmd2(*_grams(_cubic, a[i], b[j])) for i, j in draws]
    return float(np.mean(values)), float(np.std(values))


def mmd_rbf(a: ArrayLike, b: ArrayLike) -> float:
    """Unbiased MMD² with a mean of Gaussian kernels exp(−‖x − y‖² / 2σ²), as in Li et al. 2015, arXiv:1502.02761.

    σ is `BANDWIDTHS` times the median distance within b, which must be the data, so that all models that are
    measured by it get the same kernels. Unlike KID it sees all moments. About 0 for like sets (it can fall below),
    at most 2. a: (n, d), b: (m, d), n and m at least 2, in memory of their n×m distances. Raises MetricError.
    """
    a, b = checked_pair(a, b)
    within = squared_distances(b, b)
    median = float(np.median(within[np.triu_indices(len(b), 1)]))
    if median == 0:
        raise MetricError("second set: at least half of its samples are alike, so there is no scale for the kernels")

    def gaussians(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        squares = squared_distances(x, y) / (-2 * median)
        return np.mean([np.exp(squares / bandwidth**2) for bandwidth in BANDWIDTHS], axis=0)

    return _mmd2(*_grams(gaussians, a, b))


def _cubic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    products = x.astype(np.float64, copy=False) @ y.astype(np.float64, copy=False).T
    return (products / x.shape[1] + 1) ** 3


def _grams(kernel: Kernel, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return kernel(a, a), kernel(b, b), kernel(a, b)


def _mmd2(within_a: np.ndarray, within_b: np.ndarray, across: np.ndarray) -> float:
    """The unbiased estimate from kernel values: pairs of a sample with itself are left out."""

    def mean(gram: np.ndarray) -> float:
        n = len(gram)
        return (gram.sum() - np.trace(gram)) / (n * (n - 1))

    return float(mean(within_a) + mean(within_b) - 2 * across.mean())
