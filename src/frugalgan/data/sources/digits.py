"""Digits from scikit-learn (1,797 small ones, no network), from torchvision (MNIST) or from a folder."""

import shutil
import tempfile
from pathlib import Path

import numpy as np

from frugalgan.data.idx import (
    CLASSES,
    HELDOUT_FILES,
    IDX_FILES,
    TRAIN_FILES,
    find_idx_files,
    is_gzip,
    write_idx,
)
from frugalgan.data.sources import SourceError

HELDOUT_ONE_IN = 5
_TORCHVISION = Path("MNIST", "raw")  # where torchvision leaves the files
_FOUR = f"the four files {', '.join(IDX_FILES)} (.gz or not)"


def write_sklearn(folder: Path) -> None:
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


def download(folder: Path) -> None:
    """MNIST by torchvision. Raises SourceError."""
    from torchvision.datasets import MNIST  # only here: it imports torch

    with tempfile.TemporaryDirectory() as temporary:
        try:
            MNIST(temporary, download=True)
        except Exception as error:  # of the network, the disk, a damaged archive: there is no class for them all
            raise SourceError(
                f"MNIST: download failed ({type(error).__name__}: {error}); check the network, or set the "
                f"source of the data set to a folder with {_FOUR} or to sklearn"
            ) from error
        copy_files(Path(temporary), folder)


def copy_files(source: Path, folder: Path) -> bool:
    """Copies the four files of `source`, or of MNIST/raw/ in it, under their usual names; those that come uncompressed
    have no .gz. False where there are none of them. Raises SourceError where some are missing."""
    files = max((find_idx_files(place) for place in (source, source / _TORCHVISION)), key=len)
    if files and (missing := [name for name in IDX_FILES if name not in files]):
        raise SourceError(f"{source}: no {' and no '.join(missing)} there; digits need {_FOUR}")
    for name, path in files.items():
        shutil.copyfile(path, folder / f"{name}{'.gz' * is_gzip(path)}")
    return bool(files)
