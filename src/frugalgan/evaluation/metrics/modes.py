"""How many of a data set's known modes samples reach: StackedMNIST (Srivastava et al. 2017, arXiv:1705.07761).

Three digits as the colours of one image make 1,000 modes, equally often; a classifier of digits tells them apart.
"""

import numpy as np


def modes(labels: np.ndarray, count: int) -> tuple[int, float]:
    """(N,) labels from 0 to `count` − 1 → how many there are, and KL(samples ‖ all equally often) in nats.

    0 for samples that have all modes equally often, ln count for one mode alone; at N = count some 0.4 to 0.6 for
    perfectly random ones, and less the more samples.
    """
    shares = np.bincount(labels, minlength=count) / len(labels)
    there = shares[shares > 0]
    return len(there), float((there * np.log(there * count)).sum())


def stacked(images: np.ndarray, labels: np.ndarray, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Digits (M, 1, S, S) and their labels → (n, 3, S, S), three drawn at random in each, and its mode, 0 to 999."""
    chosen = np.random.default_rng(seed).integers(len(images), size=(n, 3))
    return images[chosen, 0], labels[chosen].astype(np.int64) @ np.array([100, 10, 1])
