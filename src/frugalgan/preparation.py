"""Raw photos → face crops in one memory-mapped uint8 array, held-out ones apart, with a manifest."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from frugalgan.cropping import Crop, CroppedPhoto, crop_all
from frugalgan.files import replaced
from frugalgan.raw_photos import Animal, RawPhoto, find_photos

IMAGES, HELDOUT, MANIFEST, REJECTED = "images.npy", "heldout.npy", "manifest.csv", "rejected.csv"
HELDOUT_ONE_IN = 10
REASONS_SHOWN = 3


class PreparationError(ValueError):
    """The photos as a whole can't be used; the message names the folder, the numbers and the mend."""


@dataclass(frozen=True)
class PreparationReport:
    """How many photos went where."""

    train: int
    heldout: int
    rejected: int
    duplicates: int

    def __str__(self) -> str:
        return (
            f"{self.train} images for training, {self.heldout} held out; "
            f"left out ({REJECTED}): {self.rejected} unusable, {self.duplicates} duplicates"
        )


@dataclass(frozen=True)
class Division:
    """Indices of the photos that train, that are held out, and of each duplicate → its original."""

    train: list[int]
    heldout: list[int]
    duplicates: dict[int, int]


def prepare(
    raw: Path,
    out: Path,
    *,
    animal: Animal,
    image_size: int,
    crop: Crop,
    max_rejected: float,
    minimum: int,
    workers: int | None = None,
) -> PreparationReport:
    """Crop all photos of `animal` below `raw` into the folder `out`, which is replaced as a whole.

    images.npy and heldout.npy are (N, 3, image_size, image_size) uint8 RGB in the order of the paths;
    manifest.csv has a row per image (split, index, source below `raw`, crop box, sha256 of the source),
    rejected.csv a row per photo left out (file, reason). None takes as many workers as there are cores.

    FileNotFoundError without photos; FileExistsError if `out` holds anything else; PreparationError if more
    than the share `max_rejected` is unusable or fewer than `minimum` images remain for training.
    """
    photos = find_photos(raw, animal)
    _check_replaceable(out)
    with replaced(out) as folder:
        folder.mkdir()
        slots = folder.with_name("slots")
        results = crop_all(raw, photos, slots, crop=crop, size=image_size, workers=workers)
        unusable = {index: result.reason for index, result in enumerate(results) if result.box is None}
        _check_rejected(raw, photos, unusable, max_rejected)
        division = divide(photos, results)
        _check_minimum(raw, animal, division, minimum)
        _copy_slots(slots, folder / IMAGES, division.train, image_size)
        _copy_slots(slots, folder / HELDOUT, division.heldout, image_size)
        _write_manifest(folder / MANIFEST, photos, results, division)
        _write_rejected(folder / REJECTED, photos, unusable, division)
    return PreparationReport(len(division.train), len(division.heldout), len(unusable), len(division.duplicates))


def divide(photos: list[RawPhoto], results: list[CroppedPhoto]) -> Division:
    """Usable photos, one of each content, into those that train and those that are held out.

    Held out is what upstream holds out (`val`, also if a copy stands elsewhere) and, of the photos that come
    without such a part, a tenth chosen by the hash of their content: the same tenth whatever else there is.
    """
    usable = [index for index, result in enumerate(results) if result.box is not None]
    usable.sort(key=lambda index: photos[index].split != "val")  # a copy in val is the one that is kept
    original: dict[str, int] = {}
    heldout: set[str] = set()
    for index in usable:
        content, split = results[index].sha256, photos[index].split
        original.setdefault(content, index)
        if split == "val" or (split is None and int(content, 16) % HELDOUT_ONE_IN == 0):
            heldout.add(content)
    kept = sorted(original.values())
    return Division(
        train=[index for index in kept if results[index].sha256 not in heldout],
        heldout=[index for index in kept if results[index].sha256 in heldout],
        duplicates={i: first for i in usable if (first := original[results[i].sha256]) != i},
    )


def _check_replaceable(out: Path) -> None:
    foreign = {entry.name for entry in out.iterdir()} if out.is_dir() else {out.name} if out.exists() else set()
    if foreign - {IMAGES, HELDOUT, MANIFEST, REJECTED}:
        raise FileExistsError(f"{out} holds other files ({min(foreign)}, …); name a new or a prepared folder")


def _check_rejected(raw: Path, photos: list[RawPhoto], unusable: dict[int, str], max_rejected: float) -> None:
    share = len(unusable) / len(photos)
    if share > max_rejected:
        first = [f"{_name(photos[index])}: {unusable[index]}" for index in list(unusable)[:REASONS_SHOWN]]
        raise PreparationError(
            f"{raw}: {len(unusable)} of {len(photos)} photos ({share:.1%}) are unusable, more than "
            f"prepare.max_rejected ({max_rejected:.1%}) allows; mend the photos or raise it. The first:\n  "
            + "\n  ".join(first)
        )


def _check_minimum(raw: Path, animal: Animal, division: Division, minimum: int) -> None:
    if len(division.train) < minimum:
        raise PreparationError(
            f"{raw}: {len(division.train)} {animal} images for training (and {len(division.heldout)} held out), "
            f"but {minimum} are needed; add photos, or lower batch_size and samples of the chosen scale in "
            "params.yaml"
        )


def _copy_slots(slots: Path, target: Path, indices: list[int], size: int) -> None:
    """The chosen slots as one .npy array (N, 3, size, size) uint8, one image in memory at a time."""
    shape, image_bytes = (len(indices), 3, size, size), 3 * size * size
    with slots.open("rb") as source, target.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for index in indices:
            source.seek(index * image_bytes)
            file.write(source.read(image_bytes))


def _write_manifest(path: Path, photos: list[RawPhoto], results: list[CroppedPhoto], division: Division) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["split", "index", "source", "x", "y", "side", "angle", "sha256"])
        for split, indices in (("train", division.train), ("heldout", division.heldout)):
            for row, index in enumerate(indices):
                box = results[index].box
                assert box is not None, "only usable photos are divided"
                numbers = [f"{value:.6g}" for value in (box.x, box.y, box.side, box.angle)]
                writer.writerow([split, row, _name(photos[index]), *numbers, results[index].sha256])


def _write_rejected(path: Path, photos: list[RawPhoto], unusable: dict[int, str], division: Division) -> None:
    reasons = unusable | {copy: f"duplicate of {_name(photos[first])}" for copy, first in division.duplicates.items()}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "reason"])
        writer.writerows([_name(photos[index]), reason] for index, reason in sorted(reasons.items()))


def _name(photo: RawPhoto) -> str:
    """The path as text that can always be written: bytes that are not UTF-8 as escapes."""
    return photo.path.encode("utf-8", "backslashreplace").decode("utf-8")
