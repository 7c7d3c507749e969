"""Where photos lie in the upstream folder layouts."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from frugalgan.sources import AFHQ, CAT_DATASET

Animal = Literal["cat", "dog"]
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")


@dataclass(frozen=True)
class RawPhoto:
    """A photo file: its path below the raw folder, whether key points belong to it, and its upstream split
    (None where upstream has no held-out part)."""

    path: str
    has_points: bool
    split: Literal["train", "val"] | None


def find_photos(raw: Path, animal: Animal) -> list[RawPhoto]:
    """All photos of one animal, sorted by path: CAT photos (cats only) and Animal Faces.

    FileNotFoundError if the folder is missing or holds none.
    """
    if not raw.is_dir():
        raise FileNotFoundError(f"{raw}: no such folder; run the fetch stage, or name the folder of raw photos")
    val = _photos_in(raw / AFHQ / "val" / animal)
    photos = [RawPhoto(_below(raw, path), False, "val") for path in val]
    for path in _photos_in(raw / AFHQ / "train" / animal):
        photos.append(RawPhoto(_below(raw, path), False, "train" if val else None))
    if animal == "cat":
        for folder in (raw / CAT_DATASET).glob("CAT_*"):
            photos.extend(RawPhoto(_below(raw, path), True, None) for path in _photos_in(folder))
    if not photos:
        layouts = f"{AFHQ}/{{train,val}}/{animal}" + (f" or {CAT_DATASET}/CAT_*" if animal == "cat" else "")
        raise FileNotFoundError(f"{raw}: no {animal} photos; they belong into {layouts} below it")
    return sorted(photos, key=lambda photo: photo.path)


def _photos_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return [
            Path(entry.path)
            for entry in entries
            if entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith(".") and entry.is_file()
        ]


def _below(raw: Path, path: Path) -> str:
    return path.relative_to(raw).as_posix()
