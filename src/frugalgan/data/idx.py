"""IDX files, the format of MNIST: four bytes that say type and dimensions, the sizes, then the values."""

import gzip
import math
import zlib
from io import BufferedIOBase
from pathlib import Path

import numpy as np

from frugalgan.files import replaced

TRAIN_FILES = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
HELDOUT_FILES = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
IDX_FILES = TRAIN_FILES + HELDOUT_FILES
CLASSES = 10  # of digits, and of the sets of other things in this format
UNSIGNED_BYTE = 0x08
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_KINDS = {1: "labels", 3: "images"}
_CURE = "fetch the file again"


class IdxError(ValueError):
    """An IDX file can't be used; the message names it, and says what was found and what was expected."""


def is_gzip(path: Path) -> bool:
    """Whether the file is gzip-compressed, by its content: some browsers unpack a file and keep its name."""
    with path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """The values of an IDX file of unsigned bytes, gzip-compressed or not: uint8 of that many `dimensions`.

    IdxError for a file that is damaged, of another type or of other dimensions, or not as long as its header says.
    """
    try:
        with gzip.open(path) if is_gzip(path) else path.open("rb") as file:
            return _read(file, path, dimensions)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise IdxError(f"{path}: cut or damaged gzip ({error}); {_CURE}") from None


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write a uint8 array, none of whose sizes is 0, as gzip-compressed IDX; equal arrays give equal bytes.

    The file appears whole or not at all. ValueError for another dtype or shape.
    """
    if array.dtype != np.uint8 or not array.ndim or not array.size:
        raise ValueError(f"{path}: an IDX file is written from uint8 values, not {array.shape} {array.dtype}")
    header = bytes([0, 0, UNSIGNED_BYTE, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    with (
        replaced(path) as temporary,
        temporary.open("wb") as file,
        # Without name and time, which gzip would put into the file.
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as compressed,
    ):
        compressed.write(header + array.tobytes())


def find_idx_files(folder: Path) -> dict[str, Path]:
    """Which of the four files are in `folder`: usual name without .gz → file, the compressed one where there are both.

    `train-images.idx3-ubyte`, with a dot, is known as well. Empty if there is no such folder.
    """
    files: dict[str, Path] = {}
    for name in IDX_FILES:
        for spelling in (name, name.replace("-idx", ".idx")):
            for path in (folder / f"{spelling}.gz", folder / spelling):
                if path.is_file():
                    files.setdefault(name, path)
    return files


def _read(file: BufferedIOBase, path: Path, dimensions: int) -> np.ndarray:
    magic = _header(file, 4, path)
    if magic[:2] != b"\0\0":
        raise IdxError(f"{path}: not an IDX file: it starts with {magic.hex(' ')} instead of 00 00; {_CURE}")
    if magic[2] != UNSIGNED_BYTE:
        raise IdxError(f"{path}: values of type 0x{magic[2]:02x}, but only unsigned bytes (0x08) can be read; {_CURE}")
    if magic[3] != dimensions:
        raise IdxError(f"{path}: {_named(magic[3])} where {_named(dimensions)} were expected; was the file misnamed?")
    shape = tuple(int(size) for size in np.frombuffer(_header(file, 4 * dimensions, path), ">u4"))
    sizes = " × ".join(map(str, shape))
    expected = math.prod(shape)
    if not expected:
        raise IdxError(f"{path}: no values: its header says {sizes}; {_CURE}")
    # One more than expected: finds what is too long, and makes gzip compare its checksum at the end.
    values = _up_to(file, expected + 1)
    if len(values) != expected:
        what = "more" if len(values) > expected else f"only {len(values)}"
        raise IdxError(f"{path}: its header says {sizes} = {expected} bytes, but there are {what}; {_CURE}")
    return np.frombuffer(values, np.uint8).reshape(shape)


def _header(file: BufferedIOBase, size: int, path: Path) -> bytes:
    header = _up_to(file, size)
    if len(header) < size:
        raise IdxError(f"{path}: {'shorter than an IDX header' if header else 'the file is empty'}; {_CURE}")
    return bytes(header)


def _up_to(file: BufferedIOBase, size: int) -> bytearray:
    """`size` bytes, or what there is; in parts, so that a damaged header can't ask for more memory than the file."""
    values = bytearray()
    while len(values) < size and (part := file.read(min(_CHUNK, size - len(values)))):
        values += part
    return values


def _named(dimensions: int) -> str:
    kind = f" ({_KINDS[dimensions]})" if dimensions in _KINDS else ""
    return f"{dimensions} dimension{'s' * (dimensions != 1)}{kind}"
