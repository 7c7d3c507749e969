"""Digits from scikit-learn (1,797 small ones, no network), from torchvision (MNIST) or from a folder."""

import tempfile
from http.client import HTTPException
from pathlib import Path

import numpy as np

from frugalgan.digits import CLASSES, HELDOUT_FILES, TRAIN_FILES, find_idx_files
from frugalgan.idx import is_gzip, write_idx
from frugalgan.sources import new_raw_folder
from frugalgan.sources.folder import SourceError, copy

HELDOUT_ONE_IN = 5
_TORCHVISION = Path("MNIST", "raw")  # where torchvision leaves the files
_FOUR = f"the four files {', '.join(TRAIN_FILES + HELDOUT_FILES)} (.gz or not)"


def fetch(raw: Path, *, source: str) -> None:
    """Fills `raw` with the four files of MNIST, of the usual names; those that come uncompressed have no .gz.

    `source` is `sklearn`, `torchvision`, or else the path of a folder, which is only read.

    Raises:
        SourceError: the folder or some of its files are missing, or MNIST can't be downloaded.
        FileExistsError: `raw` holds something.
    """
    with new_raw_folder(raw) as folder:
        if source == "sklearn":
            _write_sklearn(folder)
        elif source == "torchvision":
            _download(folder)
        else:
            _copy_files(Path(source).expanduser(), folder)


def _write_sklearn(folder: Path) -> None:
    """scikit-learn's digits, 8×8; of each class every fifth is held out."""
    from sklearn.datasets import load_digits  # only here: importing it takes time

    pixels, labels = load_digits(return_X_y=True)
    # 0 … 16, the number of inked pixels in a square of 4×4, → 0 … 255
    images = np.rint(np.reshape(pixels, (-1, 8, 8)) * (255 / 16)).astype(np.uint8)
    labels = np.asarray(labels, np.uint8)
    heldout = np.zeros(len(labels), bool)
    for label in range(CLASSES):
        heldout[np.flatnonzero(labels == label)[HELDOUT_ONE_IN - 1 :: HELDOUT_ONE_IN]] = True
    for (images_name, labels_name), chosen in ((TRAIN_FILES, ~heldout), (HELDOUT_FILES, heldout)):
        write_idx(folder / f"{images_name}.gz", images[chosen])
        write_idx(folder / f"{labels_name}.gz", labels[chosen])


def _download(folder: Path) -> None:
    from torchvision.datasets import MNIST  # only here: it imports torch

    with tempfile.TemporaryDirectory() as temporary:
        # torchvision raises RuntimeError if all mirrors fail; network and disk errors are OSErrors.
        try:
            MNIST(temporary, download=True)
        except (RuntimeError, OSError, HTTPException) as error:
            raise SourceError(
                f"MNIST: download failed ({error}); check the network, or set digits.source to a folder with {_FOUR} "
                "or to sklearn"
            ) from error
        _copy_files(Path(temporary), folder)


def _copy_files(source: Path, folder: Path) -> None:
    """The four files of `source`, or of MNIST/raw/ in it, under their usual names."""
    choices = f"digits.source must be sklearn, torchvision or a folder with {_FOUR}"
    if not source.is_dir():
        what = "is not a folder" if source.exists() else "no such folder"
        raise SourceError(f"{source}: {what}; {choices}")
    files = max((find_idx_files(place) for place in (source, source / _TORCHVISION)), key=len)
    if missing := [name for name in TRAIN_FILES + HELDOUT_FILES if name not in files]:
        raise SourceError(f"{source}: no {' and no '.join(missing)} there; {choices}")
    copy({Path(name + ".gz" * is_gzip(path)): path for name, path in files.items()}, folder)
