"""Raw photos → face crops in one memory-mapped uint8 array, held-out ones apart, with a manifest."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from frugalgan.cropping import Crop, CroppedPhoto, crop_all
from frugalgan.files import replaced
from frugalgan.growing_array import GrowingArray
from frugalgan.raw_photos import Animal, find_photos

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

    Held out is what upstream holds out (`val`) and, of photos that come without such a part, a tenth chosen by
    the hash of their content. Of each content the first photo counts, `val` before all others.

    FileNotFoundError without photos; FileExistsError if `out` holds anything else; PreparationError if more
    than the share `max_rejected` is unusable or fewer than `minimum` images remain for training.
    """
    photos = sorted(find_photos(raw, animal), key=lambda photo: photo.split != "val")
    _check_replaceable(out)
    rejected: dict[str, str] = {}
    duplicates: dict[str, str] = {}
    original: dict[str, str] = {}
    manifest: dict[str, list[tuple[str, ...]]] = {"train": [], "heldout": []}
    shape = (3, image_size, image_size)
    with replaced(out) as folder:
        folder.mkdir()
        with GrowingArray(folder / IMAGES, shape) as train, GrowingArray(folder / HELDOUT, shape) as heldout:
            for cropped in crop_all(raw, photos, crop=crop, size=image_size, workers=workers):
                name = _text(cropped.photo.path)
                if cropped.face is None:
                    rejected[name] = cropped.reason
                elif (first := original.setdefault(cropped.sha256, name)) != name:
                    duplicates[name] = f"duplicate of {first}"
                elif is_heldout(cropped):
                    heldout.append(cropped.face)
                    manifest["heldout"].append((name, *_box_columns(cropped), cropped.sha256))
                else:
                    train.append(cropped.face)
                    manifest["train"].append((name, *_box_columns(cropped), cropped.sha256))
        _check_rejected(raw, rejected, len(photos), max_rejected)
        _check_minimum(raw, animal, train.count, heldout.count, minimum)
        _write_csv(folder / REJECTED, ("file", "reason"), sorted((rejected | duplicates).items()))
        rows = [(split, str(i), *row) for split, rows in manifest.items() for i, row in enumerate(rows)]
        _write_csv(folder / MANIFEST, ("split", "index", "source", "x", "y", "side", "angle", "sha256"), rows)
    return PreparationReport(train.count, heldout.count, len(rejected), len(duplicates))


def is_heldout(cropped: CroppedPhoto) -> bool:
    """Whether a photo is never trained on: by upstream's split, else by its content, the same in any company."""
    if cropped.photo.split is None:
        return int(cropped.sha256, 16) % HELDOUT_ONE_IN == 0
    return cropped.photo.split == "val"


def _box_columns(cropped: CroppedPhoto) -> list[str]:
    assert cropped.box is not None, "a face has a box"
    return [f"{value:.6g}" for value in (cropped.box.x, cropped.box.y, cropped.box.side, cropped.box.angle)]


def _check_replaceable(out: Path) -> None:
    """`out` is removed in the end, so it must not be somebody's folder named by mistake."""
    entries = {entry.name for entry in out.iterdir()} if out.is_dir() else {out.name} if out.exists() else set()
    if foreign := entries - {IMAGES, HELDOUT, MANIFEST, REJECTED}:
        raise FileExistsError(f"{out} holds other things ({min(foreign)}); name a new folder, or a prepared one")


def _check_rejected(raw: Path, rejected: dict[str, str], photos: int, max_rejected: float) -> None:
    if len(rejected) > max_rejected * photos:
        first = "".join(f"\n  {name}: {reason}" for name, reason in sorted(rejected.items())[:REASONS_SHOWN])
        raise PreparationError(
            f"{raw}: {len(rejected)} of {photos} photos ({len(rejected) / photos:.1%}) are unusable, more than "
            f"prepare.max_rejected = {max_rejected:g} allows; mend the photos or raise it. The first:{first}"
        )


def _check_minimum(raw: Path, animal: Animal, train: int, heldout: int, minimum: int) -> None:
    if train < minimum:
        raise PreparationError(
            f"{raw}: {train} {animal} images for training (and {heldout} held out), but {minimum} are needed "
            "for a batch and for the reference; add photos, or lower batch_size and samples of the scale"
        )


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _text(path: str) -> str:
    """The path as text that can always be written: bytes that are not UTF-8 as escapes."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
