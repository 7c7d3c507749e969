"""Inception against pytorch-fid, with random weights: the true ones are on no package registry."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from frugalgan.data.images import read_rgb, write_png
from frugalgan.evaluation.extractors.base import ExtractorError
from frugalgan.evaluation.features import extract, extractor
from frugalgan.evaluation.metrics.frechet import frechet_distance


@pytest.fixture(scope="module")
def random_inception(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file of the right names and shapes with random numbers."""
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
    random_inception: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytorch_fid import fid_score
    from pytorch_fid.inception import FID_WEIGHTS_URL, InceptionV3

    files = []
    some = np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), np.uint8)
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
    assert given.weights_sha256 == cached.weights_sha256
    for ours in (given, cached):
        features = ours(some, batch_size=2)
        assert features.shape == (3, 2048) and features.dtype == np.float32
        np.testing.assert_allclose(features, theirs, rtol=1e-5, atol=1e-5 * np.abs(theirs).max())


def pictures_in(folder: Path) -> np.ndarray:
    return np.stack([read_rgb(file) for file in sorted(folder.iterdir())]).transpose(0, 3, 1, 2)


@pytest.mark.slow
def test_fid_of_two_folders_equals_the_pytorch_fid_commands(random_inception: Path, tmp_path: Path) -> None:
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
    a, b = (extract(network, pictures_in(tmp_path / name), source=name, seed=0, batch_size=4) for name in ("a", "b"))
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
    for part in (
        "pt_inception-2015-12-05",
        "sha256 6726825d",
        "evaluate.inception_weights",
        "extractor of the data set to efficientnet_lite0",
    ):
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
