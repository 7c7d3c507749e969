"""What one seed of a model drew."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Drawn:
    """What one seed of a model drew, and what it is compared with: (N, C, S, S) uint8 each."""

    title: str
    draws: np.ndarray  # as many as `evaluate.repeats`, one after the other, of n images
    moments: np.ndarray  # (moments, n_per_moment, C, S, S), over training
    taught: np.ndarray | None  # images of its teacher
    origins: np.ndarray | None  # of its first draw's z by the model that it was adapted from, in its style


def first_of_draws(images: np.ndarray, repeats: int, n: int) -> np.ndarray:
    """The first n images of each draw."""
    if len(images) == repeats * n:
        return images
    return np.concatenate([draw[:n] for draw in np.split(images, repeats)])
