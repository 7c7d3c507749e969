"""Photos from a folder that already has the upstream layouts, or one of them."""

import shutil
from pathlib import Path

from tqdm import tqdm

from frugalgan.raw_photos import SUFFIXES
from frugalgan.sources import AFHQ, CAT_DATASET, new_raw_folder

SPLITS, ANIMALS = ("train", "val"), ("cat", "dog")
_LAYOUTS = (
    "cat-dataset/CAT_*/ (photos with their .cat files)",
    "animal-faces/afhq/{train,val}/{cat,dog}/ or afhq/{train,val}/{cat,dog}/ (faces)",
)


class SourceError(ValueError):
    """A source of photos that can't be used; the message names the path and what was expected there."""


def fetch(raw: Path, *, source: Path) -> None:
    """Copies the photos and key points of `source` into `raw`; `source` is only read.

    Always copies: a hard link would let whoever changes `raw` (DVC makes linked files read-only) change the originals.

    Raises:
        FileNotFoundError: `source` is no folder.
        SourceError: it has neither layout, or no photos in them, or a symbolic link that leads out of it.
        FileExistsError: `raw` holds something.
    """
    source = source.expanduser()
    files = find_files(source)
    with new_raw_folder(raw) as folder:
        copy(files, folder)


def find_files(source: Path) -> dict[Path, Path]:
    """Photos and .cat files of both layouts: place below the raw folder → file. Each photo is taken once, though the
    Kaggle archive of the CAT data set has it twice (`CAT_00/…` and `cats/CAT_00/…`)."""
    if not source.is_dir():
        what = "is not a folder" if source.exists() else "no such folder"
        raise FileNotFoundError(f"{source}: {what}; data.source must be drawn, kaggle or a folder with {_expected()}")
    files: dict[Path, Path] = {}
    for root in (source / CAT_DATASET, source / CAT_DATASET / "cats", source, source / "cats"):
        for folder in sorted(root.glob("CAT_*")):
            _take(folder, CAT_DATASET / folder.name, (*SUFFIXES, ".cat"), files)
    for root in (source / AFHQ, source / AFHQ.name):
        for split in SPLITS:
            for animal in ANIMALS:
                _take(root / split / animal, AFHQ / split / animal, SUFFIXES, files)
    if not any(place.suffix.lower() in SUFFIXES for place in files):
        raise SourceError(f"{source}: no photos found; expected {_expected()}")
    home = source.resolve()
    for path in files.values():
        if not path.resolve().is_relative_to(home) or not path.is_file():
            raise SourceError(
                f"{path}: a symbolic link that is broken or leads out of {source}; put the file itself there"
            )
    return files


def copy(files: dict[Path, Path], folder: Path) -> None:
    """Copies `files` (place below `folder` → file) with a progress bar; contents only, not permissions."""
    for parent in {place.parent for place in files}:
        (folder / parent).mkdir(parents=True, exist_ok=True)
    for place, path in tqdm(files.items(), desc="copying", unit="file"):
        shutil.copyfile(path, folder / place)


def _take(folder: Path, place: Path, suffixes: tuple[str, ...], files: dict[Path, Path]) -> None:
    """Adds the files of `folder` that end in one of `suffixes`, unless `files` has one for the same place."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".")  # as the ._NAME.jpg that macOS leaves: not a picture
        if not hidden and path.name.lower().endswith(suffixes) and (path.is_file() or path.is_symlink()):
            files.setdefault(place / path.name, path)


def _expected() -> str:
    return " and/or ".join(_LAYOUTS)
