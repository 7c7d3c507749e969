"""The distance of pixels against a slow one, and what it sees."""

import numpy as np
import pytest
from scipy.ndimage import correlate1d
from scipy.stats import wasserstein_distance

from frugalgan.evaluation.metrics.sliced_wasserstein import (
    KERNEL,
    PATCH,
    PATCHES,
    SlicedWasserstein,
    laplacian_pyramid,
    patches_of,
)

RNG = np.random.default_rng(0)


def noise(n: int, size: int = 32, channels: int = 3) -> np.ndarray:
    return RNG.integers(0, 256, (n, channels, size, size), dtype=np.uint8)


def smooth(x: np.ndarray) -> np.ndarray:
    """As the paper's code smooths: SciPy's filter, mirrored at the borders."""
    return correlate1d(correlate1d(x, KERNEL, axis=2, mode="mirror"), KERNEL, axis=3, mode="mirror")


def test_the_pyramid_is_that_of_the_paper() -> None:
    images = noise(2, 64)
    x, expected = images.astype(np.float32), []
    for _ in range(2):
        smaller, enlarged = smooth(x)[:, :, ::2, ::2], np.zeros_like(x)
        enlarged[:, :, ::2, ::2] = smaller
        expected.append(x - 4 * smooth(enlarged))
        x = smaller
    found = laplacian_pyramid(images)
    assert [level.shape[2] for level in found] == [64, 32, 16]
    for ours, theirs in zip(found, [*expected, x], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_patches_are_of_all_images_in_turn() -> None:
    flat = np.broadcast_to(np.arange(5, dtype=np.uint8)[:, None, None, None], (5, 3, 16, 16))
    patches = patches_of(flat, np.random.default_rng(0))[16]
    assert patches.shape == (PATCHES, 3, PATCH**2)
    assert np.array_equal(patches[:, 0, 0], np.arange(PATCHES) % 5) and (np.ptp(patches, axis=(1, 2)) == 0).all()


def test_the_distance_is_a_mean_over_directions_of_that_of_scipy() -> None:
    real, fake = noise(8), noise(8) // 2
    distance = SlicedWasserstein(real, 5)
    ours, theirs = (patches_of(images, np.random.default_rng([5, stream])) for images, stream in ((fake, 2), (real, 1)))
    for size, patches in theirs.items():
        mean, sd = patches.mean(axis=(0, 2), keepdims=True), patches.std(axis=(0, 2), keepdims=True)
        flat = [((x - mean) / sd).reshape(PATCHES, -1) @ distance.directions[size] for x in (ours[size], patches)]
        expected = 1000 * np.mean([wasserstein_distance(a, b) for a, b in zip(flat[0].T, flat[1].T, strict=True)])
        assert distance.levels(fake)[size] == pytest.approx(expected, rel=1e-4)
    assert distance(fake) == pytest.approx(np.mean(list(distance.levels(fake).values())))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("n", [1, 16, 500, 9000])
def test_any_number_of_images_of_any_channels(channels: int, n: int) -> None:
    real = noise(40, 16, channels)
    like, flat = noise(n, 16, channels), np.full((n, channels, 16, 16), 128, np.uint8)
    distance = SlicedWasserstein(real, 0)
    assert 0 < distance(like) < distance(flat) / 2
    assert distance(like) == SlicedWasserstein(real, 0)(like)


def test_a_channel_that_is_constant_in_real_images_counts_in_grey_levels() -> None:
    real = noise(200)
    real[:, 2] = 90
    measured, off = SlicedWasserstein(real, 0), []
    for levels in range(3):
        fake = real.copy()
        fake[:, 2] += np.uint8(levels)
        off.append(measured.levels(fake)[16])
    assert off[0] < off[1] < off[2] < 2 * 12**0.5 * 7 * 1000  # two levels, of 49 pixels, along one direction
