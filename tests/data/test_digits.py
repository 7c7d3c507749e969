"""Digits from raw files to arrays."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from digit_files import FILES, contents, random_bytes, raw_digits
from picture_files import DATASET, rejecting

from frugalgan.data.facts import DataFacts, read_facts
from frugalgan.data.idx import HELDOUT_FILES, TRAIN_FILES, IdxError, find_idx_files, read_idx, write_idx
from frugalgan.data.idx_digits import DigitsError
from frugalgan.data.images import resize
from frugalgan.data.prepare import PreparationError, PreparationReport, prepare
from frugalgan.data.sources import fetch

OUTPUTS = ["data.json", "heldout.npy", "heldout_labels.npy", "images.npy", "labels.npy"]
MNIST_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
DIGITS = replace(DATASET, source="sklearn", colour=False, mirror=False, labels=True)
TEN = tuple("0123456789")


def prepared(raw: Path, out: Path, **changes: object) -> PreparationReport:
    return prepare(raw, out, replace(DIGITS, **changes), rejecting(0.0))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def mnist() -> Path:
    """The folder of MNIST's four files; tests that need it are skipped where there is none."""
    folder = Path(os.environ.get("FRUGALGAN_PHOTOS", "")) / "mnist"
    if not folder.is_dir():
        pytest.skip("MNIST needed: set FRUGALGAN_PHOTOS to a folder with mnist/ (its four files) in it")
    return folder


def test_mnist_sized_digits_get_a_border_and_stay_as_they_are(tmp_path: Path) -> None:
    raw, out = raw_digits(tmp_path / "raw"), tmp_path / "made" / "out"
    assert prepared(raw, out) == PreparationReport(train=20, heldout=10)
    assert sorted(contents(out)) == OUTPUTS
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    for name, labels, count, seed in (("images", "labels", 20, 0), ("heldout", "heldout_labels", 10, 1)):
        made = np.load(out / f"{name}.npy", mmap_mode="r")
        assert made.shape == (count, 1, 32, 32)
        assert made.dtype == np.uint8
        assert made.flags.c_contiguous
        inside = made[:, :, 2:-2, 2:-2]
        assert np.array_equal(inside, random_bytes(count, 28, 28, seed=seed)[:, None])
        assert made.sum(dtype=int) == inside.sum(dtype=int)  # nothing but 0 around it
        written = np.load(out / f"{labels}.npy")
        assert written.dtype == np.uint8
        assert written.tolist() == [index % 10 for index in range(count)]


def test_the_facts_of_digits(tmp_path: Path) -> None:
    raw = raw_digits(tmp_path / "raw")
    prepared(raw, tmp_path / "out", size=64)
    assert read_facts(tmp_path / "out") == DataFacts(size=64, channels=1, mirror=False, labels=TEN)
    prepared(raw, tmp_path / "out", labels=False)
    assert read_facts(tmp_path / "out") == DataFacts(size=32, channels=1, mirror=False, labels=())
    assert sorted(contents(tmp_path / "out")) == ["data.json", "heldout.npy", "images.npy"]


def test_digits_in_colour_are_refused_with_the_key(tmp_path: Path) -> None:
    with pytest.raises(PreparationError, match=r"raw: digits are grey: set `colour: false` of the data set"):
        prepared(raw_digits(tmp_path / "raw"), tmp_path / "out", colour=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "padded", "size"), [(28, 32, 64), (36, 36, 32), (8, 8, 32), (8, 8, 64), (32, 32, 32)]
)
def test_other_sizes_are_resized(tmp_path: Path, given: int, padded: int, size: int) -> None:
    prepared(raw_digits(tmp_path / "raw", size=given), tmp_path / "out", size=size)
    border = (padded - given) // 2
    grey = np.pad(random_bytes(20, given, given), ((0, 0), (border, border), (border, border)))
    expected = [resize(image, size)[None] for image in grey]
    assert np.array_equal(np.load(tmp_path / "out" / "images.npy"), expected)


def test_the_same_bytes_again_in_the_same_place(tmp_path: Path) -> None:
    raw = raw_digits(tmp_path / "raw")
    prepared(raw, tmp_path / "out", size=64)
    before = contents(tmp_path / "out")
    prepared(raw, tmp_path / "out", size=64)
    assert contents(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("name", "array", "error", "message"),
    [
        (FILES[1], np.zeros(19, np.uint8), DigitsError, "19 labels, but 20 images in train-images.*fetch both"),
        (FILES[3], np.zeros(11, np.uint8), DigitsError, "11 labels, but 10 images in t10k-images.*fetch both"),
        (FILES[3], np.arange(3, 13, dtype=np.uint8), DigitsError, "label 10 of image 7 is none of 0 to 9"),
        (FILES[0], random_bytes(20, 28, 27), DigitsError, "images of 28×27 pixels; digits must be square"),
        (FILES[2], random_bytes(10, 8, 8), DigitsError, "images of 8×8 but 28×28 for training; take all four"),
        (FILES[0], np.zeros(20, np.uint8), IdxError, r"1 dimension \(labels\) where 3 dimensions \(images\)"),
    ],
)
def test_digits_that_do_not_fit_are_named_and_the_old_result_stays(
    tmp_path: Path, name: str, array: np.ndarray, error: type[Exception], message: str
) -> None:
    raw, out = raw_digits(tmp_path / "raw"), tmp_path / "out"
    prepared(raw, out)
    before = contents(out)
    write_idx(raw / f"{name}.gz", array)
    with pytest.raises(error, match=rf"raw/{name}\.gz: {message}"):
        prepared(raw, out)
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]


def test_a_full_disk_leaves_the_old_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, out = raw_digits(tmp_path / "raw"), tmp_path / "out"
    prepared(raw, out)
    before, save = contents(out), np.save

    def fail(path: Path, array: np.ndarray) -> None:
        if path.name == "labels.npy":  # after the images are written
            raise OSError(28, "No space left on device")
        save(path, array)

    monkeypatch.setattr(np, "save", fail)
    with pytest.raises(OSError, match="No space"):
        prepared(raw, out, size=64)
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]


def test_too_few_digits_name_folder_numbers_and_cure(tmp_path: Path) -> None:
    raw = raw_digits(tmp_path / "raw", train=7)
    with pytest.raises(
        PreparationError, match=r"raw: 7 pictures .* at least 16 are needed, of which 8 for training; add"
    ):
        prepared(raw, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_digits_that_training_lacks_are_named(tmp_path: Path) -> None:
    raw = raw_digits(tmp_path / "raw")
    write_idx(raw / f"{TRAIN_FILES[1]}.gz", np.arange(20, dtype=np.uint8) % 8)
    with pytest.raises(PreparationError, match=r"raw: labels without an image for training: 8, 9 .*`labels: false`"):
        prepared(raw, tmp_path / "out")
    assert prepared(raw, tmp_path / "out", labels=False).train == 20


def test_missing_raw_files_are_named_with_the_stage(tmp_path: Path) -> None:
    raw = raw_digits(tmp_path / "mine")
    for name in FILES[1:3]:
        (raw / f"{name}.gz").unlink()
    message = r"no train-labels-idx1-ubyte and no t10k-images-idx3-ubyte \(or \.gz\) there; run `dvc repro fetch@mine`"
    with pytest.raises(FileNotFoundError, match=rf"mine: {message}"):
        prepared(raw, tmp_path / "out")


def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path) -> None:
    raw, out = raw_digits(tmp_path / "raw"), tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("precious")
    with pytest.raises(FileExistsError, match=r"thesis\.tex"):
        prepared(raw, out)
    assert contents(out) == {"thesis.tex": b"precious"}


def test_scikit_learns_digits_become_images(tmp_path: Path) -> None:
    fetch(DIGITS, tmp_path / "raw")
    report = prepared(tmp_path / "raw", tmp_path / "out")
    assert str(report).startswith(f"{report.train} pictures for training, {report.heldout} held out")
    assert report.train + report.heldout == 1797
    images = np.load(tmp_path / "out" / "images.npy", mmap_mode="r")
    assert images.shape == (report.train, 1, 32, 32)
    assert images.min() == 0
    assert images.max() == 255


def test_real_mnist(tmp_path: Path, mnist: Path) -> None:
    fetch(replace(DIGITS, source=str(mnist)), tmp_path / "raw")
    assert prepared(tmp_path / "raw", tmp_path / "out") == PreparationReport(train=60000, heldout=10000)
    for name, labels, images_file in (
        ("images", "labels", TRAIN_FILES[0]),
        ("heldout", "heldout_labels", HELDOUT_FILES[0]),
    ):
        images = np.load(tmp_path / "out" / f"{name}.npy", mmap_mode="r")
        original = read_idx(find_idx_files(mnist)[images_file], 3)
        assert images.shape == (len(original), 1, 32, 32)
        assert np.array_equal(images[:, 0, 2:-2, 2:-2], original)
        assert images.sum(dtype=int) == original.sum(dtype=int)
        assert len(np.load(tmp_path / "out" / f"{labels}.npy")) == len(original)
    assert np.bincount(np.load(tmp_path / "out" / "labels.npy")).tolist() == MNIST_COUNTS
