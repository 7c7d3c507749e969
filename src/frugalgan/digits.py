"""Handwritten digits with labels: the four files of MNIST → arrays of grey images as training reads them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from frugalgan.files import replaced
from frugalgan.growing_array import GrowingArray
from frugalgan.idx import read_idx
from frugalgan.images import resize

IMAGES, LABELS, HELDOUT, HELDOUT_LABELS = "images.npy", "labels.npy", "heldout.npy", "heldout_labels.npy"
TRAIN_FILES = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
HELDOUT_FILES = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
CLASSES = 10
MNIST_SIZE, MNIST_BORDER = 28, 2  # px; the border makes 32, a power of two, and leaves all pixels as they are


class DigitsError(ValueError):
    """The digits can't be used; the message names the file, the numbers and the mend."""


@dataclass(frozen=True)
class DigitsReport:
    """How many digits went where."""

    train: int
    heldout: int

    def __str__(self) -> str:
        return f"{self.train} digits for training, {self.heldout} held out"


def prepare_digits(raw: Path, out: Path, *, image_size: int, minimum: int) -> DigitsReport:
    """Make the four IDX files in `raw` four arrays in the folder `out`, which is replaced as a whole.

    images.npy and heldout.npy are (N, 1, image_size, image_size) uint8, grey, in the files' order;
    labels.npy and heldout_labels.npy are (N,) uint8, 0 to 9. Digits of 28×28 get a black border of 2 pixels, as
    is usual; then, or if they have another size, they are resized unless they are image_size wide.

    FileNotFoundError if a file is missing; IdxError if one is damaged; FileExistsError if `out` holds anything
    else; DigitsError if images and labels don't fit together or fewer than `minimum` are there for training.
    """
    files = find_idx_files(raw)
    if missing := [name for name in TRAIN_FILES + HELDOUT_FILES if name not in files]:
        raise FileNotFoundError(f"{raw}: no {' and no '.join(missing)} (or .gz) there; run the stage fetch_digits")
    _check_replaceable(out)
    train, labels = _read(*(files[name] for name in TRAIN_FILES))
    heldout, heldout_labels = _read(*(files[name] for name in HELDOUT_FILES))
    _check_together(files[HELDOUT_FILES[0]], heldout, train)
    if len(train) < minimum:
        raise DigitsError(
            f"{files[TRAIN_FILES[0]]}: {len(train)} digits for training, but {minimum} are needed for a batch and for "
            "the reference; add digits, or lower digits.batch_size and digits.reference"
        )
    with replaced(out) as folder:
        folder.mkdir()
        _write_images(folder / IMAGES, train, image_size)
        _write_images(folder / HELDOUT, heldout, image_size)
        np.save(folder / LABELS, labels)
        np.save(folder / HELDOUT_LABELS, heldout_labels)
    return DigitsReport(len(train), len(heldout))


def find_idx_files(folder: Path) -> dict[str, Path]:
    """Which of the four files are in `folder`: usual name without .gz → file, the compressed one where there are both.

    `train-images.idx3-ubyte`, with a dot, is known as well. Empty if there is no such folder.
    """
    files: dict[str, Path] = {}
    for name in TRAIN_FILES + HELDOUT_FILES:
        for spelling in (name, name.replace("-idx", ".idx")):
            for path in (folder / f"{spelling}.gz", folder / spelling):
                if path.is_file():
                    files.setdefault(name, path)
    return files


def _read(images_file: Path, labels_file: Path) -> tuple[np.ndarray, np.ndarray]:
    """(N, size, size) and (N,) uint8."""
    images, labels = read_idx(images_file, 3), read_idx(labels_file, 1)
    if len(images) != len(labels):
        raise DigitsError(
            f"{labels_file}: {len(labels)} labels, but {len(images)} images in {images_file.name}; fetch both again"
        )
    if labels.max() >= CLASSES:
        index = int(np.argmax(labels >= CLASSES))
        raise DigitsError(
            f"{labels_file}: label {labels[index]} of image {index} is none of 0 to {CLASSES - 1}; "
            "take a data set of digits"
        )
    height, width = images.shape[1:]
    if height != width:
        raise DigitsError(f"{images_file}: images of {height}×{width} pixels; digits must be square: pad or crop them")
    return images, labels


def _check_together(path: Path, heldout: np.ndarray, train: np.ndarray) -> None:
    """Resizing would hide that the parts come from different data sets."""
    if heldout.shape[1:] != train.shape[1:]:
        sizes = " but ".join("×".join(map(str, images.shape[1:])) for images in (heldout, train))
        raise DigitsError(f"{path}: images of {sizes} for training; take all four files from one data set")


def _write_images(path: Path, images: np.ndarray, size: int) -> None:
    if images.shape[1] == MNIST_SIZE:
        images = np.pad(images, ((0, 0), (MNIST_BORDER, MNIST_BORDER), (MNIST_BORDER, MNIST_BORDER)))
    with GrowingArray(path, (1, size, size)) as array:
        for image in images:
            array.append(resize(image, size)[None])


def _check_replaceable(out: Path) -> None:
    """`out` is removed in the end, so it must not be somebody's folder named by mistake."""
    entries = {entry.name for entry in out.iterdir()} if out.is_dir() else {out.name} if out.exists() else set()
    if foreign := entries - {IMAGES, LABELS, HELDOUT, HELDOUT_LABELS}:
        raise FileExistsError(f"{out} holds other things ({min(foreign)}); name a new folder, or a prepared one")
