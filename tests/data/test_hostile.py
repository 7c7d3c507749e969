"""Photos and annotations that are broken, or made to do harm: used, or rejected by name."""

import csv
import time
from pathlib import Path

import numpy as np
import pytest
from picture_files import run

from frugalgan.data.cropping import crop_photo
from frugalgan.data.crops import FaceError, crop_centre
from frugalgan.data.images import ImageError, write_png
from frugalgan.data.index import Picture
from frugalgan.data.photos import decode
from frugalgan.data.prepare import REJECTED

CASES, FILES, SIZE = 10_000, 25, 64


def garbled(data: bytes, rng: np.random.Generator) -> bytes:
    """A few bits turned (half of them in the header), or the end cut off, or both."""
    broken = bytearray(data)
    kind = rng.integers(3)
    if kind != 1:
        for _ in range(rng.integers(1, 9)):
            position = int(rng.integers(len(data) if rng.random() < 0.5 else 700))
            broken[position] ^= 1 << int(rng.integers(8))
    return bytes(broken[: rng.integers(1, len(data))] if kind else broken)


@pytest.mark.slow
def test_ten_thousand_broken_photographs_give_a_square_or_a_reason(photos: Path, capfd: pytest.CaptureFixture) -> None:
    rng = np.random.default_rng(0)
    folders = [photos / "animal-faces/afhq/train" / animal for animal in ("cat", "dog")]
    files = [file for folder in folders for file in sorted(folder.iterdir())[:FILES]]
    originals = [file.read_bytes() for file in files]
    usable = 0
    for case in range(CASES):
        data, begun = garbled(originals[case % len(originals)], rng), time.monotonic()
        try:
            decoded = decode(data, "photo", size=SIZE)
            face, _ = crop_centre(decoded.pixels, SIZE, factor=decoded.factor)
            assert face.shape == (SIZE, SIZE, 3) and face.dtype == np.uint8
            usable += 1
        except (ImageError, FaceError) as error:
            assert str(error)
        assert time.monotonic() - begun < 20
    assert 0.05 * CASES < usable < 0.95 * CASES  # the test saw both


NAMES = ("a b.png", "-rf.png", "it's.png", 'say "cat".png', "new\nline.png", "$(touch harm).png", "ü猫.png", ";&|.png")


def test_odd_names_are_names(tmp_path: Path) -> None:
    folder = tmp_path / "raw/animal-faces/afhq/train/cat"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in (*NAMES, *(f"further {name}" for name in (*NAMES, "re\rturn.png", "a,b.png", "=1+1.png", "..png"))):
        write_png(folder / name, rng.integers(0, 256, (16, 16, 3), np.uint8))
    (folder / "bad\nna\rme.png").write_bytes(b"no picture")
    report = run(tmp_path / "raw", tmp_path / "out")
    assert report.train + report.heldout == 2 * len(NAMES) + 4 and report.rejected == 1
    with (tmp_path / "out" / REJECTED).open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["file"].endswith("bad\nna\\rme.png") and "not an image" in row["reason"]
    assert not (tmp_path / "harm").exists() and not Path("harm").exists()


def test_a_huge_annotation_is_not_read(tmp_path: Path) -> None:
    write_png(tmp_path / "cat.png", np.zeros((16, 16, 3), np.uint8))
    with (tmp_path / "cat.png.cat").open("w") as file:
        for _ in range(100):
            file.write("1 2\n" * 100_000)
    begun = time.monotonic()
    cropped = crop_photo(tmp_path, Picture("cat.png", has_points=True), crop="eyes", size=8, max_pixels=10_000)
    assert "cat.png.cat: more than 4096 bytes" in cropped.reason
    assert time.monotonic() - begun < 1
