"""Where pictures come from: `drawn`, `kaggle`, `sklearn`, `mnist`, or a folder; each fills a folder of its own.

A source puts its pictures there in any subfolders, with index.csv (data/index.py); digits as MNIST's four IDX files.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from frugalgan.config.sections import Dataset
from frugalgan.data.idx import IDX_FILES
from frugalgan.data.index import INDEX, LEFT_OUT, SUFFIXES, read_index, write_index
from frugalgan.files import FileError, replaced

CAT_DATASET = Path("cat-dataset")
AFHQ = Path("animal-faces", "afhq")
NOTE = "README.txt"


class SourceError(ValueError):
    """A source that cannot be used; the message names it and what was expected there."""


def fetch(dataset: Dataset, out: Path) -> None:
    """Fill folder `out` from the data set's source. Raises SourceError, FileNotFoundError, FileExistsError.

    `out` is replaced only where it holds nothing but what was fetched before.
    """
    from frugalgan.data.sources import digits, drawn, folder, kaggle

    with own_folder(out) as target:
        if dataset.source == "drawn":
            drawn.draw_all(target, subject=dataset.subject, count=dataset.count)
        elif dataset.source == "kaggle":
            kaggle.download(target, subject=dataset.subject)
        elif dataset.source == "sklearn":
            digits.write_sklearn(target)
        elif dataset.source == "mnist":
            digits.download(target)
        else:
            folder.copy_from(Path(dataset.source), target, subject=dataset.subject)
        if (target / INDEX).is_file():
            rename_pictures(target)


def rename_pictures(folder: Path) -> None:
    """Gives every picture that the index of `folder` names a name that nobody else would choose, by the hash of its
    path: `.dvcignore` lets DVC see these alone, so that it never removes a picture that somebody else put there."""
    renamed = [replace(picture, stored=_stored(picture.path)) for picture in read_index(folder)]
    for picture in renamed:
        (folder / picture.path).rename(folder / picture.stored)
        if picture.has_points and os.path.isfile(points := folder / f"{picture.path}.cat"):
            points.rename(folder / f"{picture.stored}.cat")
    for place in folder.iterdir():
        if place.is_dir():
            shutil.rmtree(place)
    write_index(folder, renamed)


def _stored(path: str) -> str:
    suffix = Path(path).suffix.lower()
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
    return f"picture_{digest[:16]}{suffix if suffix in SUFFIXES else ''}"


@contextmanager
def own_folder(out: Path) -> Iterator[Path]:
    """A temporary folder that takes the place of `out` when the block ends well.

    Raises FileExistsError where `out` holds a file that was not fetched: it might be somebody's only copy.
    """
    if foreign := next(foreign_files(out), None):
        raise FileExistsError(
            f"{foreign}: this file was not fetched, and {out} is about to be replaced; move it to a folder of your own "
            "and name that in datasets.<name>.source"
        )
    with replaced(out) as temporary:
        temporary.mkdir()
        yield temporary


def foreign_files(out: Path) -> Iterator[Path]:
    """Files of a fetched folder that its index does not name."""
    if not out.is_dir():
        if out.exists():
            yield out
        return
    own = {INDEX, LEFT_OUT, NOTE, *IDX_FILES, *(f"{name}.gz" for name in IDX_FILES)}
    try:
        for picture in read_index(out):
            own |= {picture.file, *([f"{picture.file}.cat"] if picture.has_points else [])}
    except FileError:
        pass  # without an index no picture is known to be ours
    for path in sorted(out.rglob("*")):
        if not path.is_dir() and path.relative_to(out).as_posix() not in own:
            yield path
