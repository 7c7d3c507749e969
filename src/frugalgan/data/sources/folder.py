"""Pictures from a folder of any kind: nested, any file names, with or without parts, key points, subfolders of labels.

Upstream layouts are nothing special: AFHQ's afhq/{train,val,test}/{cat,dog,wild}/, the CAT archives'
CAT_DATASET_01/CAT_00/NAME.jpg with NAME.jpg.cat, Kaggle's copies of both, at any depth.
"""

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from frugalgan.data.index import SUFFIXES, Picture, write_index
from frugalgan.data.sources import SourceError
from frugalgan.data.sources.digits import copy_files

TRAIN, HELDOUT = ("train", "training"), ("val", "valid", "validation", "test", "testing")  # names of folders
SPLITS = {name: "train" for name in TRAIN} | {name: "heldout" for name in HELDOUT}
ANIMALS = {"cat": "cat", "cats": "cat", "dog": "dog", "dogs": "dog", "wild": "wild"}
CAT_FOLDER = re.compile(r"CAT_\d+")  # of the CAT data set: photos with key points
SKIPPED = ("__MACOSX",)


@dataclass(frozen=True)
class Found:
    """A picture's file, and what its place says of it."""

    file: Path
    picture: Picture


def copy_from(source: Path, folder: Path, *, subject: str) -> None:
    """Copies the pictures of `source` with their key points into the empty `folder` and indexes them; MNIST's four IDX
    files where it has these. `source` is only read.

    Always copies: a hard link would let whoever changes `folder` (DVC makes linked files read-only) change originals.

    Raises:
        FileNotFoundError: `source` is no folder.
        SourceError: no pictures of `subject` there, or a symbolic link that leads out of it.
    """
    source = source.expanduser()
    if not source.is_dir():
        what = "is not a folder" if source.exists() else "no such folder"
        raise FileNotFoundError(
            f"{source}: {what}; a data set's source is drawn, kaggle, sklearn, mnist or a folder of pictures"
        )
    if not copy_files(source, folder):
        copy(find_pictures(source, subject=subject), folder)


def find_pictures(source: Path, *, subject: str) -> dict[Path, Found]:
    """Place below `source` → picture, sorted by place; `subject` is cat, dog or any.

    A picture below `train`, `val`, `test` or the like belongs to that part, where there are both parts. `subject`
    chooses pictures below a folder of that name (and cats of the CAT data set) where there are such folders. The name
    of a label is the first folder below the parts that not all pictures have in common. Raises SourceError.
    """
    files = list(_walk(source))
    if not files:
        raise SourceError(f"{source}: no pictures in it or its subfolders; pictures are files {', '.join(SUFFIXES)}")
    places = _of_subject([file.relative_to(source) for file in files], subject, source)
    splits = {place: _split(place) for place in places}
    has_parts = {"train", "heldout"} <= set(splits.values())
    folders = {place: _without_parts(place) if has_parts else list(place.parts[:-1]) for place in places}
    shared = _shared(list(folders.values()))
    found = {}
    for place in places:
        label = folders[place][shared] if len(folders[place]) > shared else ""
        has_points = bool(CAT_FOLDER.fullmatch(place.parent.name)) or _points_file(source / place).is_file()
        split = splits[place] if has_parts else ""
        found[place] = Found(source / place, Picture(place.as_posix(), split, label, has_points))  # pyright: ignore[reportArgumentType]
    return found


def copy(found: dict[Path, Found], folder: Path) -> None:
    """Copies pictures to their places below `folder`, contents only, not permissions, and writes its index."""
    for parent in {place.parent for place in found}:
        (folder / parent).mkdir(parents=True, exist_ok=True)
    for place, one in tqdm(found.items(), desc="copying", unit="picture"):
        shutil.copyfile(one.file, folder / place)
        if one.picture.has_points and (points := _points_file(one.file)).is_file():
            shutil.copyfile(points, _points_file(folder / place))
    write_index(folder, (replace(one.picture, path=place.as_posix()) for place, one in found.items()))


def _walk(source: Path) -> Iterator[Path]:
    """Picture files, sorted. Each photo of the CAT data set once, though Kaggle's archive has it twice (`CAT_00/…` and
    `cats/CAT_00/…`). Raises SourceError for links that lead out."""
    home, seen = source.resolve(), set()
    for folder, subfolders, names in os.walk(source, onerror=_raise):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(".") and name not in SKIPPED)
        for path in (Path(folder, name) for name in [*subfolders, *sorted(names)]):
            is_picture = path.name.lower().endswith(SUFFIXES) and not path.name.startswith(".")
            if path.is_symlink() and (is_picture or path.name.endswith(".cat") or path.is_dir()):
                target = path.resolve()
                if not target.is_relative_to(home) or not target.exists():
                    raise SourceError(
                        f"{path}: a symbolic link that is broken or leads out of {source}; put the file itself there"
                    )
            if not is_picture or not path.is_file():
                continue
            key = _without_copies(path.relative_to(source)) if CAT_FOLDER.fullmatch(path.parent.name) else path
            if key not in seen:
                seen.add(key)
                yield path


def _raise(error: OSError) -> None:
    """Of a folder that cannot be read, whose pictures would silently be missing."""
    raise error


def _without_copies(place: Path) -> tuple[str, ...]:
    return tuple(part for part in place.parts if part.lower() != "cats")


def _of_subject(places: list[Path], subject: str, source: Path) -> list[Path]:
    if subject == "any":
        return sorted(places)
    animals = {place: _animal(place) for place in places}
    chosen = sorted(place for place, animal in animals.items() if animal == subject)
    if not chosen and any(animals.values()):
        there = Counter(animal or "without an animal's folder" for animal in animals.values())
        raise SourceError(
            f"{source}: no pictures of a {subject}; there are {', '.join(f'{n} {what}' for what, n in there.items())}; "
            "change the data set's subject or source"
        )
    return chosen or sorted(places)


def _animal(place: Path) -> str | None:
    if CAT_FOLDER.fullmatch(place.parent.name):
        return "cat"
    return next((ANIMALS[part.lower()] for part in reversed(place.parts[:-1]) if part.lower() in ANIMALS), None)


def _split(place: Path) -> str:
    return next((SPLITS[part.lower()] for part in place.parts[:-1] if part.lower() in SPLITS), "")


def _without_parts(place: Path) -> list[str]:
    return [part for part in place.parts[:-1] if part.lower() not in SPLITS]


def _shared(folders: list[list[str]]) -> int:
    """How many folders from the top all have in common."""
    first, last = min(folders), max(folders)
    return next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))


def _points_file(photo: Path) -> Path:
    return photo.with_name(f"{photo.name}.cat")
