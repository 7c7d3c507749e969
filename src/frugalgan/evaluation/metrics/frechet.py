"""The Fréchet distance between two sets of features (Heusel et al. 2017, arXiv:1706.08500, equation 6)."""

import numpy as np
from numpy.typing import ArrayLike

from frugalgan.evaluation.metrics.inputs import MetricError, checked_pair

CHUNK_ROWS = 4096  # rows in float64 at a time: bounds memory, does not change what is computed


def frechet_distance(a: ArrayLike, b: ArrayLike) -> float:
    """Squared Fréchet (2-Wasserstein) distance between Gaussians fitted to two sets of features.

        ‖μ₁ − μ₂‖² + Tr C₁ + Tr C₂ − 2 Tr √(C₁C₂),   C the unbiased covariance (divided by n − 1)

    With C₁ = FᵀF and C₂ = GᵀG the last trace is the nuclear norm of F·Gᵀ: the eigenvalues of C₁C₂ are the squared
    singular values of F·Gᵀ, and no matrix root is taken. F is the centred features or, where there are more of
    them than dimensions, a root of their covariance, so no n×m matrix is made of two sets larger than d.

    a: (n, d), b: (m, d), real numbers, n and m at least 2; computed in float64. Returns a number ≥ 0 in squared
    feature units. The estimate is biased upwards, the more so the smaller n and m. Raises MetricError for other
    shapes and for NaN or infinity.
    """
    a, b = checked_pair(a, b)
    mean_a, mean_b = (x.mean(axis=0, dtype=np.float64) for x in (a, b))
    few = min(len(a), len(b)) <= a.shape[1] and max(len(a), len(b)) <= CHUNK_ROWS
    factor_a, factor_b = (_covariance_factor(x, mean, few) for x, mean in ((a, mean_a), (b, mean_b)))
    root_trace = np.linalg.norm(factor_a @ factor_b.T, "nuc")
    traces = np.square(factor_a).sum() + np.square(factor_b).sum()
    squared = np.square(mean_a - mean_b).sum() + traces - 2 * root_trace
    return max(float(squared), 0.0)  # rounding can leave -1e-13 where the true value is 0


def frechet_infinity(fake: ArrayLike, real: ArrayLike, *, smallest: int, points: int, seed: int) -> tuple[float, float]:
    """The Fréchet distance that infinitely many `fake` samples would have (Chong & Forsyth 2020, arXiv:1911.07023).

    The bias of the distance falls as 1/n, so distances of random subsets of `smallest` to n samples, at `points`
    even steps, are fitted by a line in 1/n. Returns its value at 1/n = 0, which can be below 0 by the noise of the
    fit, and the standard error of that (a little too small, for the subsets overlap). `real` stays as it is, so the
    bias that its own finite number gives remains, equal for all models. Raises MetricError, also for `smallest` ≥ n
    and fewer than 4 points.
    """
    fake, real = checked_pair(fake, real)
    if not (2 <= smallest < len(fake) and points >= 4):
        raise MetricError(f"cannot extrapolate from {points} subsets of {smallest} to {len(fake)} samples")
    rng = np.random.default_rng(seed)
    sizes = np.linspace(smallest, len(fake), points).astype(int)
    distances = [frechet_distance(fake[rng.choice(len(fake), size, replace=False)], real) for size in sizes]
    (_, intercept), covariance = np.polyfit(1 / sizes, distances, 1, cov=True)
    return float(intercept), float(np.sqrt(covariance[1, 1]))


def _covariance_factor(features: np.ndarray, mean: np.ndarray, few: bool) -> np.ndarray:
    """F with FᵀF = covariance, float64: the centred rows (n, d); for n > d, unless `few`, its root (d, d)."""
    n, d = features.shape
    if few or n <= d:
        return (features - mean) / np.sqrt(n - 1)
    covariance = np.zeros((d, d))
    for start in range(0, n, CHUNK_ROWS):
        rows = features[start : start + CHUNK_ROWS] - mean
        covariance += rows.T @ rows
    eigenvalues, eigenvectors = np.linalg.eigh(covariance / (n - 1))
    return np.sqrt(eigenvalues.clip(min=0))[:, None] * eigenvectors.T
