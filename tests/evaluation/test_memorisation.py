"""Copies are found, originals are not accused; the picture shows whose they are."""

import numpy as np
import pytest

from frugalgan.data.images import SEEN, enlarged_grid
from frugalgan.evaluation.metrics.memorisation import MOST_HELDOUT, closer_than_heldout, heldout_limit
from frugalgan.evaluation.neighbours import ROWS, neighbours_grid

RNG = np.random.default_rng(0)


def test_share_of_originals_copies_and_noise() -> None:
    training, heldout, samples = (RNG.normal(size=(n, 6)) for n in (1500, 1000, 1000))
    limit = heldout_limit(training, heldout)
    assert closer_than_heldout(samples, training, limit) == pytest.approx(0.05, abs=0.02)
    copies = training[:500] + 1e-3 * RNG.normal(size=(500, 6))
    assert closer_than_heldout(copies, training, limit) == 1
    assert closer_than_heldout(np.concatenate([copies, samples[:500]]), training, limit) == pytest.approx(
        0.525, abs=0.02
    )
    assert closer_than_heldout(100 * samples, training, limit) == 0


def test_the_limit_is_a_quantile_of_held_out_images_of_many_nearly_the_same() -> None:
    training, heldout = RNG.normal(size=(300, 4)), RNG.normal(size=(2 * MOST_HELDOUT, 4))
    nearest = np.array([np.linalg.norm(training - one, axis=1).min() for one in heldout])
    few = heldout[:200]
    assert heldout_limit(training, few) == pytest.approx(np.quantile(nearest[:200], 0.05), rel=1e-4)
    assert heldout_limit(training, heldout) == pytest.approx(np.quantile(nearest, 0.05), rel=0.1)


def test_picture_shows_the_closest_and_the_first_with_their_neighbours() -> None:
    training = RNG.integers(0, 256, (30, 3, 4, 4), dtype=np.uint8)
    samples = RNG.integers(0, 256, (20, 3, 4, 4), dtype=np.uint8)
    samples[13] = training[7]
    flat_samples, flat_training = (x.reshape(len(x), -1).astype(np.float32) for x in (samples, training))
    picture = neighbours_grid(samples, flat_samples, training, flat_training)
    order = np.argsort(np.square(flat_training - flat_samples[0]).sum(axis=1))[:3]
    first_row = [samples[13], training[7], samples[0], *training[order]]
    times, step = SEEN // 4, SEEN + 4  # each pixel is a square, and images have a gap of 4 px between them
    shown = [picture[4 : 4 + SEEN : times, 4 + step * i : 4 + step * i + SEEN : times] for i in range(8)]
    assert all(
        np.array_equal(a.transpose(2, 0, 1), b) for a, b in zip([*shown[:2], *shown[4:]], first_row, strict=True)
    )
    assert picture.shape == enlarged_grid(np.zeros((8 * ROWS, 3, 4, 4), np.uint8), columns=8).shape


def test_picture_of_fewer_samples_and_training_images_than_it_could_show() -> None:
    images = RNG.integers(0, 256, (2, 1, 4, 4), dtype=np.uint8)
    flat = images.reshape(2, -1).astype(np.float32)
    expected = enlarged_grid(np.zeros((12, 3, 4, 4), np.uint8), columns=6)
    assert neighbours_grid(images, flat, images, flat).shape == expected.shape
