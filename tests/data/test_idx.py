"""MNIST's file format: what is read and written, and how what is wrong is named."""

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from digit_files import random_bytes

from frugalgan.data.idx import IdxError, read_idx, write_idx

ONE_IMAGE = bytes.fromhex("00000803 00000001 00000002 00000002 01020304")


@pytest.mark.parametrize("shape", [(7,), (5, 3, 4), (2, 3, 4, 5), (3, 1024, 1024)])
def test_what_is_written_is_read_again(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = random_bytes(*shape)
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
    write_idx(tmp_path / "whole", random_bytes(3, 4, 4))
    whole = (tmp_path / "whole").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(IdxError, match=r"cut: (cut or damaged gzip|the file is empty|shorter)"):
            read_idx(tmp_path / "cut", 3)


def test_no_single_wrong_bit_goes_unnoticed(tmp_path: Path) -> None:
    array = random_bytes(3, 4, 4)
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
