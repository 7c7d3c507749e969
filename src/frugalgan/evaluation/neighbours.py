"""Samples beside the training images that they are most like: what a copy would look like."""

from collections.abc import Sequence

import numpy as np

from frugalgan.data.images import enlarged_grid
from frugalgan.evaluation.metrics.distances import nearest

ROWS, SHOWN = 8, 3  # samples on each side of the picture; training images beside each


def neighbours_grid(
    samples: np.ndarray, sample_features: np.ndarray, training: np.ndarray, training_features: np.ndarray
) -> np.ndarray:
    """(N, 3, S, S) uint8 samples and (M, 3, S, S) uint8 training images, with their features → (H, W, 3) uint8.

    Each row: one of the eight samples that lie closest to a training image and its three nearest, then one of
    the first eight samples and its three nearest.
    """
    indices, distances = nearest(sample_features, training_features, min(SHOWN, len(training)))
    closest = np.argsort(distances[:, 0], kind="stable")[:ROWS]
    cells: list[np.ndarray] = []
    for pair in zip(closest, range(len(samples)), strict=False):
        for i in pair:
            cells += _row(samples[i], training, indices[i])
    return enlarged_grid(np.stack(cells), columns=2 * (1 + indices.shape[1]))


def _row(sample: np.ndarray, training: np.ndarray, indices: Sequence[int] | np.ndarray) -> list[np.ndarray]:
    return [sample, *(training[i] for i in indices)]
