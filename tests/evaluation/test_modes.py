"""Modes that are counted: known answers."""

import numpy as np
import pytest

from frugalgan.evaluation.metrics.modes import modes, stacked


def test_known_answers() -> None:
    assert modes(np.arange(1000), 1000) == (1000, pytest.approx(0))
    assert modes(np.full(50, 7), 1000) == (1, pytest.approx(np.log(1000)))
    assert modes(np.arange(500).repeat(3), 1000) == (500, pytest.approx(np.log(2)))
    found, divergence = modes(np.array([0, 0, 0, 1]), 4)
    assert (found, divergence) == (2, pytest.approx(0.75 * np.log(3)))


def test_random_samples_are_not_far_from_all_modes() -> None:
    found, divergence = modes(np.random.default_rng(0).integers(1000, size=10_000), 1000)
    assert found == 1000 and divergence == pytest.approx(999 / 20_000, rel=0.2)  # χ² / 2N


def test_a_stack_is_three_digits_and_their_mode() -> None:
    images = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 4, 4), np.uint8)
    made, mode = stacked(images, np.arange(10), 200, seed=1)
    assert made.shape == (200, 3, 4, 4)
    assert np.array_equal(made[:, :, 0, 0] @ np.array([100, 10, 1]), mode) and len(set(mode)) > 150
