"""The features file, and what may be compared."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from frugalgan.evaluation.features import (
    FeaturesError,
    FeatureSet,
    check_comparable,
    extract,
    extractor,
    load_features,
    save_features,
)
from frugalgan.evaluation.metrics.names import distance_key


@pytest.fixture(scope="module")
def feature_set() -> FeatureSet:
    images = np.random.default_rng(0).integers(0, 256, (7, 3, 32, 32), np.uint8)
    return extract(extractor("efficientnet_lite0_mid64"), images, source="cats", seed=3, batch_size=4)


def test_features_file_keeps_all_and_is_the_same_bytes_each_time(feature_set: FeatureSet, tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        save_features(tmp_path / name, {"reference": feature_set, "heldout": feature_set})
    loaded = load_features(tmp_path / "a.npz")["heldout"]
    assert np.array_equal(loaded.features, feature_set.features)
    assert loaded.provenance == feature_set.provenance
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert json.loads(str(file["reference_provenance"]))["n"] == 7


def test_bad_features_files_are_named(feature_set: FeatureSet, tmp_path: Path) -> None:
    whole, cut, other = (tmp_path / f"{name}.npz" for name in ("whole", "cut", "other"))
    save_features(whole, {"reference": feature_set})
    cut.write_bytes(whole.read_bytes()[:1000])
    np.savez(other, reference=np.zeros((2, 3)))  # without provenance
    for file in (cut, other):
        with pytest.raises(FeaturesError, match=file.name):
            load_features(file)
    with pytest.raises(FileNotFoundError, match="dvc repro"):
        load_features(tmp_path / "gone.npz")


@pytest.mark.parametrize(
    "change",
    [{"extractor": "inception"}, {"extractor_sha256": "0"}, {"resize": "bilinear"}, {"image_width": 64}],
)
def test_features_made_differently_cannot_be_compared(feature_set: FeatureSet, change: dict[str, object]) -> None:
    known = feature_set.provenance
    check_comparable(known, replace(known, source="dogs", n=3, seed=9))
    with pytest.raises(FeaturesError, match=next(iter(change))):
        check_comparable(known, replace(known, **change))


def test_grey_images_are_measured_as_rgb() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (3, 1, 32, 32), np.uint8)
    network = extractor("efficientnet_lite0_mid64")
    one, three = (
        extract(network, images, source="grey", seed=0, batch_size=2) for images in (grey, np.repeat(grey, 3, axis=1))
    )
    assert np.array_equal(one.features, three.features) and one.provenance == three.provenance


def test_another_resolution_is_another_metric() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), np.uint8)
    small, large = (
        extract(extractor(name), images, source=name, seed=0, batch_size=2)
        for name in ("efficientnet_lite0_mid64", "efficientnet_lite0")
    )
    assert distance_key(small.provenance.extractor) == "fd_efficientnet_lite0_mid64"
    with pytest.raises(FeaturesError, match="cannot be compared: extractor is efficientnet_lite0_mid64"):
        check_comparable(small.provenance, large.provenance)
