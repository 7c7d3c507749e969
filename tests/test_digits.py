"""Digits from the files of MNIST to arrays: the format, where the files come from, and what is made of them."""

import gzip
import os
import shutil
import tracemalloc
from http.client import IncompleteRead
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torchvision.datasets
from sklearn.datasets import load_digits

from frugalgan.digits import HELDOUT_FILES, TRAIN_FILES, DigitsError, DigitsReport, find_idx_files, prepare_digits
from frugalgan.idx import IdxError, read_idx, write_idx
from frugalgan.images import resize
from frugalgan.sources import digits
from frugalgan.sources.folder import SourceError

FILES = (*TRAIN_FILES, *HELDOUT_FILES)
OUTPUTS = ["heldout.npy", "heldout_labels.npy", "images.npy", "labels.npy"]
MNIST_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
ONE_IMAGE = bytes.fromhex("00000803 00000001 00000002 00000002 01020304")


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def raw_digits(raw: Path, *, size: int = 28, train: int = 20, heldout: int = 10) -> Path:
    raw.mkdir(parents=True)
    for seed, ((images, labels), count) in enumerate(((TRAIN_FILES, train), (HELDOUT_FILES, heldout))):
        write_idx(raw / f"{images}.gz", random(count, size, size, seed=seed))
        write_idx(raw / f"{labels}.gz", np.arange(count, dtype=np.uint8) % 10)
    return raw


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def mnist() -> Path:
    """The folder of MNIST's four files; tests that need it are skipped where there is none."""
    folder = Path(os.environ.get("FRUGALGAN_PHOTOS", "")) / "mnist"
    if not folder.is_dir():
        pytest.skip("MNIST needed: set FRUGALGAN_PHOTOS to a folder with mnist/ (its four files) in it")
    return folder


@pytest.mark.parametrize("shape", [(7,), (5, 3, 4), (2, 3, 4, 5), (3, 1024, 1024)])
def test_what_is_written_is_read_again(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = random(*shape)
    write_idx(tmp_path / "a.gz", array)
    assert np.array_equal(read_idx(tmp_path / "a.gz", len(shape)), array)
    # The name does not matter, neither for the bytes nor for reading.
    write_idx(tmp_path / "b", np.asfortranarray(array))
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b").read_bytes()
    (tmp_path / "plain.gz").write_bytes(gzip.decompress((tmp_path / "b").read_bytes()))
    for name in ("b", "plain.gz"):
        assert np.array_equal(read_idx(tmp_path / name, len(shape)), array)


def test_the_format_byte_by_byte(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(ONE_IMAGE)
    assert read_idx(tmp_path / "a", 3).tolist() == [[[1, 2], [3, 4]]]
    write_idx(tmp_path / "b.gz", np.array([[[1, 2], [3, 4]]], np.uint8))
    assert gzip.decompress((tmp_path / "b.gz").read_bytes()) == ONE_IMAGE


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((0, 2, 2), np.uint8), np.uint8(1)])
def test_only_uint8_values_are_written(tmp_path: Path, array: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"a\.gz: an IDX file is written from uint8"):
        write_idx(tmp_path / "a.gz", array)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (ONE_IMAGE[:3], "shorter than an IDX header"),
        (ONE_IMAGE[:15], "shorter than an IDX header"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "not an IDX file: it starts with 89 50 4e 47"),
        (b"\0\0\x0d" + ONE_IMAGE[3:], "values of type 0x0d, but only unsigned bytes"),
        (
            bytes.fromhex("00000801 00000002 0709"),
            r"1 dimension \(labels\) where 3 dimensions \(images\) were expected",
        ),
        (bytes.fromhex("00000802 00000001 00000001 07"), r"2 dimensions where 3 dimensions \(images\)"),
        (ONE_IMAGE[:-1], "says 1 × 2 × 2 = 4 bytes, but there are only 3"),
        (ONE_IMAGE + b"\0", "says 1 × 2 × 2 = 4 bytes, but there are more"),
        (bytes.fromhex("00000803 00000000 0000001c 0000001c"), "no values: its header says 0 × 28 × 28"),
        (
            bytes.fromhex("00000803 80000000 0000001c 0000001c") + bytes(784),
            "2147483648 × 28 × 28 = 1683627180032 bytes, but there are only 784",
        ),
    ],
)
def test_bad_files_are_named_with_what_is_wrong(tmp_path: Path, content: bytes, message: str, compressed: bool) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(content) if compressed else content)
    with pytest.raises(IdxError, match=rf"train-images-idx3-ubyte\.gz: .*{message}"):
        read_idx(path, 3)


def test_images_given_as_labels(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(ONE_IMAGE)
    with pytest.raises(IdxError, match=r"3 dimensions \(images\) where 1 dimension \(labels\) were expected"):
        read_idx(tmp_path / "a", 1)


def test_a_compressed_file_cut_anywhere(tmp_path: Path) -> None:
    write_idx(tmp_path / "whole", random(3, 4, 4))
    whole = (tmp_path / "whole").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(IdxError, match=r"cut: (cut or damaged gzip|the file is empty|shorter)"):
            read_idx(tmp_path / "cut", 3)


def test_no_single_wrong_bit_goes_unnoticed(tmp_path: Path) -> None:
    array = random(3, 4, 4)
    write_idx(tmp_path / "whole", array)
    whole, path, noticed = (tmp_path / "whole").read_bytes(), tmp_path / "damaged", 0
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            assert np.array_equal(read_idx(path, 3), array)  # time, system and the like don't matter
        except IdxError:
            noticed += 1
    assert noticed > 8 * (len(whole) - 10)


def test_a_large_claim_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(bytes.fromhex("00000803 00010000 00000100 00000100") + bytes(784)))
    tracemalloc.start()
    try:
        with pytest.raises(IdxError, match="= 4294967296 bytes, but there are only 784"):
            read_idx(tmp_path / "a", 3)
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


def test_scikit_learns_digits_are_split_once_and_for_all(tmp_path: Path) -> None:
    for name in ("raw", "again"):
        digits.fetch(tmp_path / name, source="sklearn")
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
    digits.fetch(tmp_path / "raw", source=str(tmp_path / "my digits"))
    assert contents(source) == before
    assert sorted(contents(tmp_path / "raw")) == sorted(made.format(*stem) for stem in stems)
    assert all(os.access(path, os.W_OK) for path in (tmp_path / "raw").iterdir())
    for raw in ("raw", "original"):
        prepare_digits(tmp_path / raw, tmp_path / "out" / raw, image_size=32, minimum=1)
    assert contents(tmp_path / "out" / "raw") == contents(tmp_path / "out" / "original")


def test_names_follow_the_content_and_the_compressed_file_is_taken(tmp_path: Path) -> None:
    source = raw_digits(tmp_path / "source")
    compressed, plain = source / f"{FILES[0]}.gz", source / f"{FILES[1]}.gz"
    (source / FILES[0]).write_bytes(b"half unpacked")
    plain.write_bytes(gzip.decompress(plain.read_bytes()))
    digits.fetch(tmp_path / "raw", source=str(source))
    assert (tmp_path / "raw" / compressed.name).read_bytes() == compressed.read_bytes()
    assert (tmp_path / "raw" / FILES[1]).read_bytes() == plain.read_bytes()
    assert len(contents(tmp_path / "raw")) == 4


def test_missing_folders_and_files_are_named_with_the_choices(tmp_path: Path) -> None:
    choices = r"digits\.source must be sklearn, torchvision or a folder with the four files train-images"
    with pytest.raises(SourceError, match=rf"nowhere: no such folder; {choices}"):
        digits.fetch(tmp_path / "raw", source=str(tmp_path / "nowhere"))
    source = raw_digits(tmp_path / "source")
    for name in FILES[1:3]:
        (source / f"{name}.gz").unlink()
    with pytest.raises(
        SourceError, match=rf"source: no train-labels-idx1-ubyte and no t10k-images-idx3-ubyte.*{choices}"
    ):
        digits.fetch(tmp_path / "raw", source=str(source))
    with pytest.raises(SourceError, match=rf"gz: is not a folder; {choices}"):
        digits.fetch(tmp_path / "raw", source=str(source / f"{FILES[0]}.gz"))
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize("source", ["sklearn", "torchvision", "nowhere"])
def test_what_stands_in_the_way_is_not_overwritten(tmp_path: Path, source: str) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "precious").write_text("mine")
    with pytest.raises(FileExistsError, match="remove it"):
        digits.fetch(tmp_path / "raw", source=source)
    assert contents(tmp_path / "raw") == {"precious": b"mine"}


def test_torchvision_leaves_the_four_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = raw_digits(tmp_path / "original")
    roots = []

    def download(root: str, download: bool) -> None:
        assert download
        roots.append(Path(root))
        shutil.copytree(original, Path(root, "MNIST", "raw"))
        for name in FILES:  # unpacked beside the compressed ones
            Path(root, "MNIST", "raw", name).write_bytes(gzip.decompress((original / f"{name}.gz").read_bytes()))

    monkeypatch.setattr(torchvision.datasets, "MNIST", download)
    digits.fetch(tmp_path / "raw", source="torchvision")
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
def test_torchvision_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(root: str, download: bool) -> None:
        raise error

    monkeypatch.setattr(torchvision.datasets, "MNIST", fail)
    with pytest.raises(SourceError, match=r"MNIST: download failed \(.+\); check the network.*folder.*or to sklearn"):
        digits.fetch(tmp_path / "raw", source="torchvision")
    assert not list(tmp_path.iterdir())


def test_mnist_sized_digits_get_a_border_and_stay_as_they_are(tmp_path: Path) -> None:
    raw, out = raw_digits(tmp_path / "raw"), tmp_path / "made" / "out"
    assert prepare_digits(raw, out, image_size=32, minimum=20) == DigitsReport(train=20, heldout=10)
    assert sorted(contents(out)) == OUTPUTS
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    for name, labels, count, seed in (("images", "labels", 20, 0), ("heldout", "heldout_labels", 10, 1)):
        made = np.load(out / f"{name}.npy", mmap_mode="r")
        assert made.shape == (count, 1, 32, 32)
        assert made.dtype == np.uint8
        assert made.flags.c_contiguous
        inside = made[:, :, 2:-2, 2:-2]
        assert np.array_equal(inside, random(count, 28, 28, seed=seed)[:, None])
        assert made.sum(dtype=int) == inside.sum(dtype=int)  # nothing but 0 around it
        written = np.load(out / f"{labels}.npy")
        assert written.dtype == np.uint8
        assert written.tolist() == [index % 10 for index in range(count)]


@pytest.mark.parametrize(("given", "padded", "size"), [(28, 32, 64), (28, 32, 16), (8, 8, 32), (8, 8, 8), (32, 32, 32)])
def test_other_sizes_are_resized(tmp_path: Path, given: int, padded: int, size: int) -> None:
    prepare_digits(raw_digits(tmp_path / "raw", size=given), tmp_path / "out", image_size=size, minimum=1)
    border = (padded - given) // 2
    grey = np.pad(random(20, given, given), ((0, 0), (border, border), (border, border)))
    expected = [resize(image, size)[None] for image in grey]
    assert np.array_equal(np.load(tmp_path / "out" / "images.npy"), expected)


def test_the_same_bytes_again_in_the_same_place(tmp_path: Path) -> None:
    raw = raw_digits(tmp_path / "raw")
    prepare_digits(raw, tmp_path / "out", image_size=64, minimum=1)
    before = contents(tmp_path / "out")
    prepare_digits(raw, tmp_path / "out", image_size=64, minimum=1)
    assert contents(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("name", "array", "error", "message"),
    [
        (FILES[1], np.zeros(19, np.uint8), DigitsError, "19 labels, but 20 images in train-images.*fetch both"),
        (FILES[3], np.zeros(11, np.uint8), DigitsError, "11 labels, but 10 images in t10k-images.*fetch both"),
        (FILES[3], np.arange(3, 13, dtype=np.uint8), DigitsError, "label 10 of image 7 is none of 0 to 9"),
        (FILES[0], random(20, 28, 27), DigitsError, "images of 28×27 pixels; digits must be square"),
        (FILES[2], random(10, 8, 8), DigitsError, "images of 8×8 but 28×28 for training; take all four"),
        (FILES[0], np.zeros(20, np.uint8), IdxError, r"1 dimension \(labels\) where 3 dimensions \(images\)"),
    ],
)
def test_digits_that_do_not_fit_are_named_and_the_old_result_stays(
    tmp_path: Path, name: str, array: np.ndarray, error: type[Exception], message: str
) -> None:
    raw, out = raw_digits(tmp_path / "raw"), tmp_path / "out"
    prepare_digits(raw, out, image_size=32, minimum=1)
    before = contents(out)
    write_idx(raw / f"{name}.gz", array)
    with pytest.raises(error, match=rf"raw/{name}\.gz: {message}"):
        prepare_digits(raw, out, image_size=32, minimum=1)
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]


def test_a_full_disk_leaves_the_old_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, out = raw_digits(tmp_path / "raw"), tmp_path / "out"
    prepare_digits(raw, out, image_size=32, minimum=1)
    before = contents(out)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", fail)  # after the images are written
    with pytest.raises(OSError, match="No space"):
        prepare_digits(raw, out, image_size=64, minimum=1)
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]


def test_too_few_digits_name_file_numbers_and_mend(tmp_path: Path) -> None:
    raw = raw_digits(tmp_path / "raw")
    with pytest.raises(DigitsError, match=r"train-images.*: 20 digits .* 64 are needed .*digits\.batch_size"):
        prepare_digits(raw, tmp_path / "out", image_size=32, minimum=64)
    assert not (tmp_path / "out").exists()


def test_missing_raw_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"raw: no train-images-idx3-ubyte and no .*fetch_digits"):
        prepare_digits(tmp_path / "raw", tmp_path / "out", image_size=32, minimum=1)
    (raw_digits(tmp_path / "raw") / f"{FILES[3]}.gz").unlink()
    with pytest.raises(FileNotFoundError, match=r"raw: no t10k-labels-idx1-ubyte \(or \.gz\) there"):
        prepare_digits(tmp_path / "raw", tmp_path / "out", image_size=32, minimum=1)


def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path) -> None:
    raw, out = raw_digits(tmp_path / "raw"), tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("precious")
    with pytest.raises(FileExistsError, match=r"thesis\.tex"):
        prepare_digits(raw, out, image_size=32, minimum=1)
    assert contents(out) == {"thesis.tex": b"precious"}


def test_scikit_learns_digits_become_images(tmp_path: Path) -> None:
    digits.fetch(tmp_path / "raw", source="sklearn")
    report = prepare_digits(tmp_path / "raw", tmp_path / "out", image_size=32, minimum=1000)
    assert str(report) == f"{report.train} digits for training, {report.heldout} held out"
    assert report.train + report.heldout == 1797
    images = np.load(tmp_path / "out" / "images.npy", mmap_mode="r")
    assert images.shape == (report.train, 1, 32, 32)
    assert images.min() == 0
    assert images.max() == 255


def test_real_mnist(tmp_path: Path, mnist: Path) -> None:
    digits.fetch(tmp_path / "raw", source=str(mnist))
    report = prepare_digits(tmp_path / "raw", tmp_path / "out", image_size=32, minimum=60000)
    assert report == DigitsReport(train=60000, heldout=10000)
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
