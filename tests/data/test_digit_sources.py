"""Where digits come from: scikit-learn, a folder, torchvision's download."""

import gzip
import os
import shutil
from dataclasses import replace
from http.client import IncompleteRead
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torchvision.datasets
from digit_files import FILES, contents, raw_digits
from picture_files import DATASET, rejecting
from sklearn.datasets import load_digits

from frugalgan.data.idx import read_idx
from frugalgan.data.prepare import prepare
from frugalgan.data.sources import SourceError, fetch

DIGITS = replace(DATASET, colour=False, labels=True)


def fetched(out: Path, source: str) -> Path:
    fetch(replace(DIGITS, source=source), out)
    return out


def test_scikit_learns_digits_are_split_once_and_for_all(tmp_path: Path) -> None:
    for name in ("raw", "again"):
        fetched(tmp_path / name, "sklearn")
    assert sorted(contents(tmp_path / "raw")) == sorted(f"{name}.gz" for name in FILES)
    assert contents(tmp_path / "raw") == contents(tmp_path / "again")
    train, labels, heldout, heldout_labels = (
        read_idx(tmp_path / "raw" / f"{name}.gz", dimensions)
        for name, dimensions in zip(FILES, (3, 1, 3, 1), strict=True)
    )
    pixels, upstream = load_digits(return_X_y=True)
    assert train.shape[1:] == heldout.shape[1:] == (8, 8)
    assert sorted({*train.ravel().tolist()}) == [round(255 * level / 16) for level in range(17)]
    assert 350 <= len(heldout) <= 360
    for part in (labels, heldout_labels):
        assert np.bincount(part).min() >= 0.09 * len(part)
    # Together they are upstream's, each once and with its own label.
    both = [
        (image.tobytes(), int(label))
        for images, those in ((train, labels), (heldout, heldout_labels))
        for image, label in zip(images, those, strict=True)
    ]
    scaled = np.rint(np.asarray(pixels) * 255 / 16).astype(np.uint8)
    assert len(both) == len(set(both)) == 1797
    assert set(both) == {
        (image.tobytes(), int(label)) for image, label in zip(scaled, np.asarray(upstream), strict=True)
    }


@pytest.mark.parametrize("below", ["", "MNIST/raw"])
@pytest.mark.parametrize(
    ("spelling", "made"),
    [
        ("{}-idx{}-ubyte.gz", "{}-idx{}-ubyte.gz"),
        ("{}-idx{}-ubyte", "{}-idx{}-ubyte"),
        ("{}.idx{}-ubyte", "{}-idx{}-ubyte"),
        ("{}.idx{}-ubyte.gz", "{}-idx{}-ubyte.gz"),
    ],
)
def test_a_folder_is_copied_under_the_usual_names(tmp_path: Path, below: str, spelling: str, made: str) -> None:
    original, source = raw_digits(tmp_path / "original"), tmp_path / "my digits" / below
    source.mkdir(parents=True)
    stems = [("train-images", 3), ("train-labels", 1), ("t10k-images", 3), ("t10k-labels", 1)]
    for stem, dimensions in stems:
        content = (original / f"{stem}-idx{dimensions}-ubyte.gz").read_bytes()
        given = source / spelling.format(stem, dimensions)
        given.write_bytes(content if given.suffix == ".gz" else gzip.decompress(content))
        given.chmod(0o444)
    before = contents(source)
    fetched(tmp_path / "raw", str(tmp_path / "my digits"))
    assert contents(source) == before
    assert sorted(contents(tmp_path / "raw")) == sorted(made.format(*stem) for stem in stems)
    assert all(os.access(path, os.W_OK) for path in (tmp_path / "raw").iterdir())
    for raw in ("raw", "original"):
        prepare(tmp_path / raw, tmp_path / "out" / raw, DIGITS, rejecting(0.0))
    assert contents(tmp_path / "out" / "raw") == contents(tmp_path / "out" / "original")


def test_names_follow_the_content_and_the_compressed_file_is_taken(tmp_path: Path) -> None:
    source = raw_digits(tmp_path / "source")
    compressed, plain = source / f"{FILES[0]}.gz", source / f"{FILES[1]}.gz"
    (source / FILES[0]).write_bytes(b"half unpacked")
    plain.write_bytes(gzip.decompress(plain.read_bytes()))
    fetched(tmp_path / "raw", str(source))
    assert (tmp_path / "raw" / compressed.name).read_bytes() == compressed.read_bytes()
    assert (tmp_path / "raw" / FILES[1]).read_bytes() == plain.read_bytes()
    assert len(contents(tmp_path / "raw")) == 4


def test_missing_files_are_named(tmp_path: Path) -> None:
    source = raw_digits(tmp_path / "source")
    for name in FILES[1:3]:
        (source / f"{name}.gz").unlink()
    four = r"digits need the four files train-images-idx3-ubyte, .* \(\.gz or not\)"
    with pytest.raises(SourceError, match=rf"source: no train-labels-idx1-ubyte and no t10k-images-idx3-ubyte.*{four}"):
        fetched(tmp_path / "raw", str(source))
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_mnist_by_torchvision_leaves_the_four_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = raw_digits(tmp_path / "original")
    roots = []

    def download(root: str, download: bool) -> None:
        assert download
        roots.append(Path(root))
        shutil.copytree(original, Path(root, "MNIST", "raw"))
        for name in FILES:  # unpacked beside the compressed ones
            Path(root, "MNIST", "raw", name).write_bytes(gzip.decompress((original / f"{name}.gz").read_bytes()))

    monkeypatch.setattr(torchvision.datasets, "MNIST", download)
    fetched(tmp_path / "raw", "mnist")
    assert contents(tmp_path / "raw") == contents(original)
    assert not roots[0].exists()


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Error downloading train-images: Tried all mirrors"),
        URLError("name resolution failed"),
        TimeoutError("timed out"),
        IncompleteRead(b"half"),
    ],
)
def test_mnist_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(root: str, download: bool) -> None:
        raise error

    monkeypatch.setattr(torchvision.datasets, "MNIST", fail)
    with pytest.raises(SourceError, match=r"MNIST: download failed \(.+\); check the network.*folder.*or to sklearn"):
        fetched(tmp_path / "raw", "mnist")
    assert not list(tmp_path.iterdir())
