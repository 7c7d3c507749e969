"""The Fréchet distance between two sets of features (Heusel et al. 2017, arXiv:1706.08500, equation 6)."""

import numpy as np
from numpy.typing import ArrayLike

CHUNK_ROWS = 4096  # rows in float64 at a time: bounds memory, does not change what is computed


class FrechetError(ValueError):
    """The features have no Fréchet distance; the message says which set and why."""


def frechet_distance(a: ArrayLike, b: ArrayLike) -> float:
    """Squared Fréchet (2-Wasserstein) distance between Gaussians fitted to two sets of features.

        ‖μ₁ − μ₂‖² + Tr C₁ + Tr C₂ − 2 Tr √(C₁C₂),   C the unbiased covariance (divided by n − 1)

    With C₁ = FᵀF and C₂ = GᵀG the last trace is the nuclear norm of F·Gᵀ: the eigenvalues of C₁C₂ are the squared
    singular values of F·Gᵀ. F has min(n, d) rows, so no matrix is larger than that and no matrix root is taken.

    a: (n, d), b: (m, d), real numbers, n and m at least 2; computed in float64. Returns a number ≥ 0 in squared
    feature units. The estimate is biased upwards, the more so the smaller n and m. Raises FrechetError for other
    shapes and for NaN or infinity.
    """
    a, b = np.asarray(a), np.asarray(b)
    mean_a, mean_b = _mean(a, "first"), _mean(b, "second")
    if a.shape[1] != b.shape[1]:
        raise FrechetError(f"features have {a.shape[1]} and {b.shape[1]} dimensions; use one extractor for both sets")
    factor_a, factor_b = _covariance_factor(a, mean_a), _covariance_factor(b, mean_b)
    root_trace = np.linalg.norm(factor_a @ factor_b.T, "nuc")
    traces = np.square(factor_a).sum() + np.square(factor_b).sum()
    squared = np.square(mean_a - mean_b).sum() + traces - 2 * root_trace
    return max(float(squared), 0.0)  # rounding can leave -1e-13 where the true value is 0


def _mean(features: np.ndarray, which: str) -> np.ndarray:
    if features.ndim != 2 or features.shape[1] < 1:
        raise FrechetError(f"{which} set: features must be an (n, d) array, not of shape {features.shape}")
    if features.dtype.kind not in "fiu":
        raise FrechetError(f"{which} set: features must be real numbers, not {features.dtype}")
    if len(features) < 2:
        raise FrechetError(f"{which} set: a covariance needs at least 2 samples, not {len(features)}")
    with np.errstate(invalid="ignore", over="ignore"):
        mean = features.mean(axis=0, dtype=np.float64)
    if not np.isfinite(mean).all():  # exactly when a feature is not finite, and needs no n×d mask
        raise FrechetError(f"{which} set: features contain NaN or infinity")
    return mean


def _covariance_factor(features: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """F with FᵀF = covariance, (min(n, d), d) float64: the centred rows, or for n > d a root of the covariance."""
    n, d = features.shape
    if n <= d:
        return (features - mean) / np.sqrt(n - 1)
    covariance = np.zeros((d, d))
    for start in range(0, n, CHUNK_ROWS):
        rows = features[start : start + CHUNK_ROWS] - mean
        covariance += rows.T @ rows
    eigenvalues, eigenvectors = np.linalg.eigh(covariance / (n - 1))
    return np.sqrt(eigenvalues.clip(min=0))[:, None] * eigenvectors.T


def distance_key(name: str) -> str:
    """`fid` for Inception only, else `fd_<name>`: distances in different feature spaces are not one number."""
    return "fid" if name == "inception" else f"fd_{name}"
