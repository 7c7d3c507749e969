"""What all metrics ask of their arrays of features."""

import numpy as np
from numpy.typing import ArrayLike


class MetricError(ValueError):
    """The features have no such metric; the message says which set and why."""


def checked_pair(
    a: ArrayLike, b: ArrayLike, *, at_least: int = 2, names: tuple[str, str] = ("first", "second")
) -> tuple[np.ndarray, np.ndarray]:
    """Both as (n, d) and (m, d) arrays of finite real numbers, n and m `at_least` that. Raises MetricError."""
    first, second = (checked(x, at_least=at_least, name=name) for x, name in zip((a, b), names, strict=True))
    if first.shape[1] != second.shape[1]:
        dimensions = f"{first.shape[1]} and {second.shape[1]} dimensions"
        raise MetricError(f"features have {dimensions}; use one extractor for both sets")
    return first, second


def checked(features: ArrayLike, *, at_least: int = 2, name: str = "first") -> np.ndarray:
    """`features` as an (n, d) array of finite real numbers, n `at_least` that. Raises MetricError."""
    array = np.asarray(features)
    if array.ndim != 2 or array.shape[1] < 1:
        raise MetricError(f"{name} set: features must be an (n, d) array, not of shape {array.shape}")
    if array.dtype.kind not in "fiu":
        raise MetricError(f"{name} set: features must be real numbers, not {array.dtype}")
    if len(array) < at_least:
        raise MetricError(f"{name} set: at least {at_least} samples are needed, not {len(array)}")
    with np.errstate(invalid="ignore", over="ignore"):
        total = array.sum(axis=0, dtype=np.float64)
    if not np.isfinite(total).all():  # exactly when a feature is not finite, and needs no n×d mask
        raise MetricError(f"{name} set: features contain NaN or infinity")
    return array
