"""Euclidean distances between features: all pairs in blocks, nearest neighbours."""

from collections.abc import Iterator

import numpy as np

BLOCK = 2**24  # distances at a time (128 MiB): bounds memory, does not change what is computed


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, d), (m, d) → (n, m) float64: ‖aᵢ − bⱼ‖²."""
    a, b = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * (a @ b.T)
    return squares.clip(min=0, out=squares)


def in_blocks(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """The rows of `squared_distances(a, b)`, as many at a time as fit a block: (which rows, their distances)."""
    rows = max(1, BLOCK // len(b))
    for start in range(0, len(a), rows):
        chosen = slice(start, start + rows)
        yield chosen, squared_distances(a[chosen], b)


def squared_radii(x: np.ndarray, k: int) -> np.ndarray:
    """(n,) float64: each sample's squared distance to its k-th nearest neighbour, itself not counted; k < n."""
    # The smallest distance of a row is that of the sample to itself.
    return np.concatenate([np.partition(block, k, axis=1)[:, k] for _, block in in_blocks(x, x)])


def nearest(a: np.ndarray, b: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of b for each of a: indices (n, k) int, and distances (n, k) float64, both nearest first."""
    indices, distances = [], []
    for _, block in in_blocks(a, b):
        closest = np.argpartition(block, k - 1, axis=1)[:, :k]
        order = np.take_along_axis(block, closest, axis=1).argsort(axis=1, kind="stable")
        indices.append(np.take_along_axis(closest, order, axis=1))
        distances.append(np.sqrt(np.take_along_axis(block, indices[-1], axis=1)))
    return np.concatenate(indices), np.concatenate(distances)
