"""Pictures with labels in MNIST's four files → arrays of grey images."""

from pathlib import Path

import numpy as np

from frugalgan.data.idx import CLASSES, HELDOUT_FILES, IDX_FILES, TRAIN_FILES, find_idx_files, read_idx
from frugalgan.data.images import resize

MNIST_SIZE, MNIST_BORDER = 28, 2  # px; the border makes 32, a power of two, and leaves all pixels as they are


class DigitsError(ValueError):
    """The digits can't be used; the message names the file, the numbers and the cure."""


def read_digits(raw: Path, size: int) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """((images, labels), (held-out images, their labels)) of the four IDX files in `raw`, in the files' order.

    Images (N, 1, size, size) uint8, labels (N,) uint8, 0 to 9. Digits of 28×28 get a black border of 2 pixels, as is
    usual; then, or if they have another size, they are resized unless they are `size` wide.

    FileNotFoundError if a file is missing; IdxError if one is damaged; DigitsError if images and labels don't fit
    together.
    """
    files = find_idx_files(raw)
    if missing := [name for name in IDX_FILES if name not in files]:
        raise FileNotFoundError(
            f"{raw}: no {' and no '.join(missing)} (or .gz) there; run `dvc repro fetch@{raw.name}`"
        )
    train, labels = _read(*(files[name] for name in TRAIN_FILES))
    heldout, heldout_labels = _read(*(files[name] for name in HELDOUT_FILES))
    _check_together(files[HELDOUT_FILES[0]], heldout, train)
    return (_resized(train, size), labels), (_resized(heldout, size), heldout_labels)


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


def _resized(images: np.ndarray, size: int) -> np.ndarray:
    if images.shape[1] == MNIST_SIZE:
        images = np.pad(images, ((0, 0), (MNIST_BORDER, MNIST_BORDER), (MNIST_BORDER, MNIST_BORDER)))
    return np.stack([resize(image, size)[None] for image in images])
