"""Pictures from a folder of any kind: nested, any file names, with or without parts, key points, subfolders of labels.

Upstream layouts are nothing special: AFHQ's afhq/{train,val,test}/{cat,dog,wild}/, the CAT archives'
CAT_DATASET_01/CAT_00/NAME.jpg with NAME.jpg.cat, Kaggle's copies of both, at any depth.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from frugalgan.data.index import REJECTED, SUFFIXES, Picture, write_index, write_left_out
from frugalgan.data.photos import HEIF_BRANDS
from frugalgan.data.sources import SourceError
from frugalgan.data.sources.digits import copy_files
from frugalgan.files import from_project

# Names of folders.
TRAIN = ("train", "training", "train_set", "training_set")
HELDOUT = (
    *("val", "valid", "validation", "test", "testing", "heldout", "held_out", "eval"),
    *("val_set", "valid_set", "validation_set", "test_set", "testing_set"),
)
SPLITS = {name: "train" for name in TRAIN} | {name: "heldout" for name in HELDOUT}
ANIMALS = {"cat": "cat", "cats": "cat", "dog": "dog", "dogs": "dog", "wild": "wild"}
CAT_FOLDER = re.compile(r"CAT_0[0-6]")  # of the CAT data set: photos with key points
SKIPPED = ("__MACOSX",)
# Pictures of kinds that are not read: listed, not copied.
OTHER_KINDS = (
    *(".svg", ".psd", ".xcf", ".ai", ".eps", ".exr", ".tga", ".ico", ".dds", ".jxl"),
    *(".dng", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"),
)
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z")
# How files of pictures begin, whatever they are called; after the b"RIFF" and b"ftyp" comes more.
BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*")
KINDS_SHOWN = 5


@dataclass(frozen=True)
class Found:
    """A picture's file, and what its place says of it."""

    file: Path
    picture: Picture


@dataclass(frozen=True)
class Survey:
    """What there is in a folder; places are paths below it."""

    pictures: dict[Path, Found] = field(default_factory=dict)  # sorted by place
    left_out: dict[Path, str] = field(default_factory=dict)  # pictures that cannot be used → why
    others: Counter[str] = field(default_factory=Counter)  # files that are no pictures, by suffix

    def others_said(self) -> str:
        """How many other files there are of which kinds: `3 other files (2 .txt, 1 .json)`."""
        kinds = ", ".join(f"{n} {suffix or 'without a suffix'}" for suffix, n in self.others.most_common(KINDS_SHOWN))
        more = ", …" if len(self.others) > KINDS_SHOWN else ""
        return f"{self.others.total()} other files ({kinds}{more})" if self.others else "no other files"


def copy_from(source: Path, folder: Path, *, subject: str) -> None:
    """Copies the pictures of `source` with their key points into the empty `folder` and indexes them; MNIST's four IDX
    files where it has these. `source` is only read; one line on stdout says what was left out.

    Always copies: a hard link would let whoever changes `folder` (DVC makes linked files read-only) change originals.

    Raises:
        FileNotFoundError: `source` is no folder.
        SourceError: no pictures of `subject` there, or a symbolic link that leads out of it.
    """
    source = from_project(source)
    if not source.is_dir():
        what = "no such folder"
        if source.exists():
            what = "is not a folder" + (": unpack it" if source.name.lower().endswith(ARCHIVES) else "")
        raise FileNotFoundError(
            f"{source}: {what}; a data set's source is drawn, kaggle, sklearn, mnist or a folder of pictures"
        )
    if not copy_files(source, folder):
        survey = find_pictures(source, subject=subject)
        left_out = copy(survey.pictures, folder, survey.left_out)
        copied = len(survey.pictures) + len(survey.left_out) - left_out
        reasons = f" ({REJECTED} will say why)" if left_out else ""
        print(f"{source}: {copied} pictures copied, {left_out} left out{reasons}, {survey.others_said()}")


def find_pictures(source: Path, *, subject: str) -> Survey:
    """The pictures of `source`; `subject` is cat, dog or any.

    A picture below `train`, `val`, `test` or the like belongs to that part, where there are both parts. `subject`
    chooses pictures below a folder of that name (and cats of the CAT data set) where there are such folders; `source`
    itself may be one. The name of a label is the first folder below the parts that not all pictures have in common.
    Raises SourceError.
    """
    there = Survey()
    files = list(_walk(source, there))
    if not files:
        unpack = ": unpack the archives" if any(suffix in ARCHIVES for suffix in there.others) else ""
        raise SourceError(
            f"{source}: no pictures in it or its subfolders, but {there.others_said()}{unpack}; pictures are files "
            f"{', '.join(SUFFIXES)}" + _first(there.left_out)
        )
    places = _of_subject([file.relative_to(source) for file in files], subject, source)
    others = [place for place in there.left_out if _animal(place, source) not in (None, subject)]
    for place in others if subject != "any" else ():
        del there.left_out[place]
    splits = {place: _split(place) for place in places}
    has_parts = {"train", "heldout"} <= set(splits.values())
    folders = {place: _without_parts(place) if has_parts else list(place.parts[:-1]) for place in places}
    shared = _shared(list(folders.values()))
    with_points = {place for place in places if os.path.isfile(_points_file(source / place))}
    # Where others of a folder of the CAT data set have key points, a photo without lacks them.
    annotated = {place.parent for place in with_points if CAT_FOLDER.fullmatch(place.parent.name)}
    for place in places:
        label = folders[place][shared] if len(folders[place]) > shared else ""
        has_points = place in with_points or place.parent in annotated
        split = splits[place] if has_parts else ""
        there.pictures[place] = Found(source / place, Picture(place.as_posix(), split, label, has_points))  # pyright: ignore[reportArgumentType]
    return there


def copy(found: dict[Path, Found], folder: Path, left_out: dict[Path, str]) -> int:
    """Copies pictures to their places below `folder`, contents only, not permissions, and writes its index; those that
    cannot be read are left out, too. Returns how many are left out. Raises SourceError where none can be read."""
    copied: list[Picture] = []
    reasons = {place.as_posix(): reason for place, reason in left_out.items()}
    for place, one in tqdm(found.items(), desc="copying", unit="picture"):
        target = folder / place
        try:
            data = one.file.read_bytes()
            points = _points_file(one.file)
            points_data = points.read_bytes() if one.picture.has_points and os.path.isfile(points) else None
        except OSError as error:
            reasons[place.as_posix()] = f"can't be read: {error.strerror}"
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        if points_data is not None:
            _points_file(target).write_bytes(points_data)
        copied.append(replace(one.picture, path=place.as_posix()))
    if not copied:
        raise SourceError("none of the pictures can be read" + _first(reasons))
    write_index(folder, copied)
    write_left_out(folder, reasons)
    return len(reasons)


def _first(reasons: Mapping[Any, str]) -> str:
    return "".join(f"; {place}: {reason}" for place, reason in list(reasons.items())[:1])


def _walk(source: Path, there: Survey) -> Iterator[Path]:
    """Picture files, sorted; other files are counted in `there`. Each photo of the CAT data set once, though Kaggle's
    archive has it twice (`CAT_00/…` and `cats/CAT_00/…`). Raises SourceError for links that lead out."""
    home, seen = os.path.realpath(source), set()
    for folder, subfolders, names in os.walk(source, onerror=_raise):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(".") and name not in SKIPPED)
        for path in (Path(folder, name) for name in [*subfolders, *sorted(names)]):
            if path.name.startswith("."):
                continue
            suffix = path.suffix.lower()
            if suffix in (*SUFFIXES, ".cat") or path.is_dir():
                _check_link(path, source, home)
            if not path.is_file() or suffix == ".cat":
                continue
            if suffix in OTHER_KINDS:
                there.left_out[path.relative_to(source)] = f"{suffix}: this kind is not read; save it as JPEG or PNG"
                continue
            if suffix not in SUFFIXES:
                if not _begins_as_picture(path):
                    there.others[suffix] += 1
                    continue
                _check_link(path, source, home)
            key = _without_copies(path.relative_to(source)) if CAT_FOLDER.fullmatch(path.parent.name) else path
            if key not in seen:
                seen.add(key)
                yield path


def _check_link(path: Path, source: Path, home: str) -> None:
    """Raises SourceError where `path` is a link that is broken or leads out of `source`, which really is `home`."""
    if not path.is_symlink():
        return
    target = os.path.realpath(path)
    if not Path(target).is_relative_to(home) or not os.path.exists(target):
        raise SourceError(f"{path}: a symbolic link that is broken or leads out of {source}; put the file itself there")


def _begins_as_picture(path: Path) -> bool:
    """Of a file whose name does not say it."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return False
    return (
        start.startswith(BEGINNINGS)
        or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")
        or (start[4:8] == b"ftyp" and start[8:12] in (*HEIF_BRANDS, b"avif", b"avis"))
    )


def _raise(error: OSError) -> None:
    """Of a folder that cannot be read, whose pictures would silently be missing."""
    raise error


def _without_copies(place: Path) -> tuple[str, ...]:
    return tuple(part for part in place.parts if part.lower() != "cats")


def _of_subject(places: list[Path], subject: str, source: Path) -> list[Path]:
    if subject == "any":
        return sorted(places)
    animals = {place: _animal(place, source) for place in places}
    chosen = sorted(place for place, animal in animals.items() if animal == subject)
    if not chosen and any(animals.values()):
        there = Counter(animal or "without an animal's folder" for animal in animals.values())
        raise SourceError(
            f"{source}: no pictures of a {subject}; there are {', '.join(f'{n} {what}' for what, n in there.items())}; "
            "change the data set's subject or source"
        )
    return chosen or sorted(places)


def _animal(place: Path, source: Path) -> str | None:
    if CAT_FOLDER.fullmatch(place.parent.name):
        return "cat"
    above = (source.resolve().name, *place.parts[:-1])
    return next((ANIMALS[part.lower()] for part in reversed(above) if part.lower() in ANIMALS), None)


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
