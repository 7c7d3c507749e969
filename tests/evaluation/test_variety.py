"""Variety and spacing: known answers, and the threshold that real images of every number pass."""

import cv2
import numpy as np
import pytest
from sklearn.datasets import load_digits

from frugalgan.evaluation.features import extractor
from frugalgan.evaluation.metrics.inputs import MetricError
from frugalgan.evaluation.metrics.variety import COLLAPSED, spacing, variety

RNG = np.random.default_rng(0)
REAL = RNG.normal(size=(400, 50))


def test_known_answers() -> None:
    line = np.array([[0.0], [1.0], [3.0]])  # distances 1, 2, 3; nearest 1, 1, 2
    assert variety(line, line * 2) == pytest.approx(0.5)
    assert spacing(line, line * 4) == pytest.approx(0.25)
    assert spacing(line, np.array([[0.0], [5.0], [15.0], [20.0]])) == pytest.approx(1 / 5)  # of any three


def test_like_sets_have_1_at_any_number() -> None:
    for n in (16, 60, 400):
        assert variety(RNG.normal(size=(n, 50)), REAL) == pytest.approx(1, abs=0.06)
        assert spacing(RNG.normal(size=(n, 50)), REAL) == pytest.approx(1, abs=0.1)


def test_rows_may_be_sorted() -> None:
    """Prepared photographs lie in the order of their folders."""

    def mixed(n: int) -> list[np.ndarray]:
        return [RNG.normal(size=(n * 3 // 10, 50)) * 3 + 50, RNG.normal(size=(n * 7 // 10, 50))]

    some, real = np.concatenate(mixed(100)), np.concatenate(mixed(400))
    assert spacing(some, real) == pytest.approx(1, abs=0.15)  # the first hundred of these alone: a third


def test_one_image_again_and_again_has_none_and_a_few_have_no_space() -> None:
    one, few = np.repeat(REAL[:1], 300, axis=0), REAL[np.arange(300) % 10] + RNG.normal(scale=0.1, size=(300, 50))
    assert variety(one, REAL) == spacing(one, REAL) == 0
    assert variety(few, REAL) > 0.8 and spacing(few, REAL) < 0.2


def test_real_images_that_are_alike_give_no_measure() -> None:
    alike = np.ones((5, 3))
    with pytest.raises(MetricError, match="real set: all of its samples are alike"):
        variety(REAL[:, :3], alike)
    assert spacing(REAL[:, :3], np.repeat(REAL[:9, :3], 2, axis=0)) == 1  # each comes twice


@pytest.mark.parametrize("name", ["efficientnet_lite0_64", "efficientnet_lite0_mid64", "vgg16_edges"])
def test_real_images_of_every_number_are_no_collapse(name: str, photographs: tuple[np.ndarray, np.ndarray]) -> None:
    for images in photographs:
        features = extractor(name)(images[np.random.default_rng(0).permutation(len(images))[:300]], batch_size=16)
        real, rest = features[:100], features[100:]
        for n in (16, 32, 64, len(rest)):
            for part in np.array_split(rest, len(rest) // n):
                assert min(variety(part, real), spacing(part, real)) > COLLAPSED, n


def test_real_digits_are_no_collapse() -> None:
    digits = enlarged(load_digits(return_X_y=True)[0].reshape(-1, 8, 8) / 16, 32)
    features = extractor("efficientnet_lite0_mid64")(np.repeat(digits[:, None], 3, axis=1), batch_size=64)
    real, rest = features[:500], features[500:]
    for n in (16, 64, 256, len(rest)):
        for part in np.array_split(rest, len(rest) // n):
            assert min(variety(part, real), spacing(part, real)) > COLLAPSED, n


def enlarged(images: np.ndarray, side: int) -> np.ndarray:
    """(N, 8, 8) in [0, 1] → (N, side, side) uint8."""
    return np.stack([255 * cv2.resize(image, (side, side)) for image in images]).astype(np.uint8)
