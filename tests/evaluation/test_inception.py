"""Inception against pytorch-fid, with random weights: the true ones are on no package registry."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from frugalgan.evaluation.extractors.base import ExtractorError
from frugalgan.evaluation.features import extractor


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
        logits = ours.logits(features)
        assert logits is not None and logits.shape == (3, 1008)


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
