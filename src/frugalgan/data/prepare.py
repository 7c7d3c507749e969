"""Fetched pictures → square images in one memory-mapped uint8 array, held-out ones apart, with labels."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from frugalgan.config.sections import Dataset
from frugalgan.data.arrays import load_array
from frugalgan.data.cropping import CroppedPhoto, crop_all
from frugalgan.data.facts import FILE, HELDOUT, HELDOUT_LABELS, IMAGES, LABELS, DataFacts, write_facts
from frugalgan.data.growing_array import GrowingArray
from frugalgan.data.idx import CLASSES, find_idx_files
from frugalgan.data.idx_digits import read_digits
from frugalgan.data.index import REJECTED, Picture, read_index, read_left_out
from frugalgan.data.settings import Prepare
from frugalgan.data.styles import styled
from frugalgan.files import replaced

MANIFEST = "manifest.csv"
OWN = {IMAGES, HELDOUT, LABELS, HELDOUT_LABELS, FILE, MANIFEST, REJECTED}
HELDOUT_ONE_IN = 10
SHOWN = 3  # reasons or labels in an error
LEAST, LEAST_FOR_TRAINING = 16, 8  # pictures
MOST_LABELS = 256  # labels are bytes


class PreparationError(ValueError):
    """The pictures as a whole can't be used; the message names the folder, the numbers and the cure."""


@dataclass(frozen=True)
class PreparationReport:
    """How many pictures went where."""

    train: int
    heldout: int
    rejected: int = 0
    duplicates: int = 0
    scaled: int = 0  # files of 16 bits whose values have 10 to 14

    def __str__(self) -> str:
        scaled = (
            f"; {self.scaled} of 16 bits use only 10 to 14 of them and were scaled accordingly" if self.scaled else ""
        )
        return (
            f"{self.train} pictures for training, {self.heldout} held out; "
            f"left out ({REJECTED}): {self.rejected} unusable, {self.duplicates} duplicates{scaled}"
        )


def prepare(
    raw: Path, out: Path, dataset: Dataset, settings: Prepare, *, workers: int | None = None
) -> PreparationReport:
    """Make the fetched folder `raw` the folder `out`, which is replaced as a whole, as the section `dataset` says.

    images.npy and heldout.npy are (N, channels, size, size) uint8; with labels, labels.npy and heldout_labels.npy are
    (N,) uint8; data.json says what training must know. Where the data set has several styles, each picture is there in
    each, and labels are the styles. Of pictures, manifest.csv has a row per image (split, index,
    source below `raw`, crop box, sha256 of the source), rejected.csv a row per picture left out (file, reason).

    Held out is what upstream holds out and, of pictures that come without such a part, a tenth chosen by the hash of
    their content. Of each content the first picture counts, held-out ones before all others.

    FileExistsError if `out` holds anything else; PreparationError if more than the share `settings.max_rejected` is
    unusable, too few pictures remain for training, or labels are asked for and missing, or not all are there.
    """
    _check_replaceable(out)
    with replaced(out) as folder:
        folder.mkdir()
        if find_idx_files(raw):
            report, labels = _prepare_digits(raw, folder, dataset)
        else:
            report, labels = _prepare_pictures(raw, folder, dataset, settings, workers)
        _check_minimum(raw, report)
        _check_labels(raw, labels, folder)
        write_facts(folder, replace(DataFacts.of(dataset), labels=labels))
    return report


def _prepare_digits(raw: Path, folder: Path, dataset: Dataset) -> tuple[PreparationReport, tuple[str, ...]]:
    if dataset.colour:
        raise PreparationError(f"{raw}: digits are grey: set `colour: false` of the data set in params.yaml")
    (train, labels), (heldout, heldout_labels) = read_digits(raw, dataset.size)
    several = len(dataset.styles) > 1
    for file, images, file_of_labels in ((IMAGES, train, LABELS), (HELDOUT, heldout, HELDOUT_LABELS)):
        np.save(folder / file, np.concatenate([styled(images, style) for style in dataset.styles]))
        if several:
            np.save(folder / file_of_labels, np.repeat(np.arange(len(dataset.styles), dtype=np.uint8), len(images)))
    if several:
        return PreparationReport(len(train), len(heldout)), dataset.styles
    if dataset.labels:
        np.save(folder / LABELS, labels)
        np.save(folder / HELDOUT_LABELS, heldout_labels)
    names = tuple(str(label) for label in range(CLASSES)) if dataset.labels else ()
    return PreparationReport(len(train), len(heldout)), names


def _prepare_pictures(
    raw: Path, folder: Path, dataset: Dataset, settings: Prepare, workers: int | None
) -> tuple[PreparationReport, tuple[str, ...]]:
    pictures = sorted(read_index(raw), key=lambda picture: picture.split != "heldout")
    several = len(dataset.styles) > 1
    names = dataset.styles if several else _label_names(raw, pictures) if dataset.labels else ()
    rejected = {_text(path): reason for path, reason in read_left_out(raw).items()}
    asked = len(pictures) + len(rejected)
    duplicates: dict[str, str] = {}
    original: dict[str, str] = {}
    manifest: dict[str, list[tuple[str, ...]]] = {"train": [], "heldout": []}
    labels: dict[str, list[int]] = {"train": [], "heldout": []}
    scaled = 0
    shape = (dataset.channels, dataset.size, dataset.size)
    with GrowingArray(folder / IMAGES, shape) as train, GrowingArray(folder / HELDOUT, shape) as heldout:
        for cropped in crop_all(
            raw, pictures, crop=dataset.crop, size=dataset.size, max_pixels=settings.max_pixels, workers=workers
        ):
            name = _text(cropped.photo.path)
            scaled += 8 < cropped.bits < 16
            if cropped.face is None:
                rejected[name] = cropped.reason
            elif (first := original.setdefault(cropped.sha256, name)) != name:
                duplicates[name] = f"duplicate of {first}"
            else:
                split, array = ("heldout", heldout) if is_heldout(cropped) else ("train", train)
                face = cropped.face if dataset.colour else _grey(cropped.face)
                for style in dataset.styles:
                    array.append(styled(face[None], style)[0])
                    manifest[split].append((name, *_box_columns(cropped), cropped.sha256))
                    if names:
                        labels[split].append(names.index(style if several else cropped.photo.label))
    _check_rejected(raw, rejected, asked, settings.max_rejected)
    if names:
        np.save(folder / LABELS, np.array(labels["train"], np.uint8))
        np.save(folder / HELDOUT_LABELS, np.array(labels["heldout"], np.uint8))
    _write_csv(folder / REJECTED, ("file", "reason"), sorted((rejected | duplicates).items()))
    rows = [(split, str(i), *row) for split, rows in manifest.items() for i, row in enumerate(rows)]
    _write_csv(folder / MANIFEST, ("split", "index", "source", "x", "y", "side", "angle", "sha256"), rows)
    each = len(dataset.styles)
    return PreparationReport(train.count // each, heldout.count // each, len(rejected), len(duplicates), scaled), names


def _label_names(raw: Path, pictures: list[Picture]) -> tuple[str, ...]:
    """All labels, sorted. Raises PreparationError where a picture has none, or all have the same."""
    names = tuple(sorted({picture.label for picture in pictures}))
    without = [picture.path for picture in pictures if not picture.label]
    if without:
        raise PreparationError(
            f"{raw}: {len(without)} pictures lie in no subfolder whose name could be their label (the first: "
            f"{without[0]}); put each label's pictures into a subfolder of the source, or set `labels: false`"
        )
    if not 2 <= len(names) <= MOST_LABELS:
        raise PreparationError(
            f"{raw}: {len(names)} different labels, from 2 to {MOST_LABELS} are possible; set `labels: false` of the "
            "data set, or sort the source's pictures into subfolders"
        )
    return names


def _grey(face: np.ndarray) -> np.ndarray:
    """(3, S, S) → (1, S, S) uint8: luma."""
    return cv2.cvtColor(np.ascontiguousarray(face.transpose(1, 2, 0)), cv2.COLOR_RGB2GRAY)[None]


def is_heldout(cropped: CroppedPhoto) -> bool:
    """Whether a photo is never trained on: by upstream's split, else by its content, the same in any company."""
    if not cropped.photo.split:
        return int(cropped.sha256, 16) % HELDOUT_ONE_IN == 0
    return cropped.photo.split == "heldout"


def _box_columns(cropped: CroppedPhoto) -> list[str]:
    assert cropped.box is not None, "a face has a box"
    return [f"{value:.6g}" for value in (cropped.box.x, cropped.box.y, cropped.box.side, cropped.box.angle)]


def _check_replaceable(out: Path) -> None:
    """`out` is removed in the end, so it must not be somebody's folder named by mistake."""
    entries = {entry.name for entry in out.iterdir()} if out.is_dir() else {out.name} if out.exists() else set()
    if foreign := entries - OWN:
        raise FileExistsError(f"{out} holds other things ({min(foreign)}); name a new folder, or a prepared one")


def _check_rejected(raw: Path, rejected: dict[str, str], photos: int, max_rejected: float) -> None:
    if len(rejected) > max_rejected * photos:
        first = "".join(f"\n  {name}: {reason}" for name, reason in sorted(rejected.items())[:SHOWN])
        raise PreparationError(
            f"{raw}: {len(rejected)} of {photos} photos ({len(rejected) / photos:.1%}) are unusable, more than "
            f"prepare.max_rejected = {max_rejected:g} allows; repair the pictures or raise it. The first:{first}"
        )


def _check_minimum(raw: Path, report: PreparationReport) -> None:
    if report.train + report.heldout < LEAST or report.train < LEAST_FOR_TRAINING:
        raise PreparationError(
            f"{raw}: {report.train} pictures for training and {report.heldout} held out, but at least {LEAST} are "
            f"needed, of which {LEAST_FOR_TRAINING} for training; add pictures to the data set's source"
        )


def _check_labels(raw: Path, labels: tuple[str, ...], folder: Path) -> None:
    """Whether training has an image of each, in the prepared `folder`."""
    if not labels:
        return
    counts = np.bincount(load_array(folder / LABELS), minlength=len(labels))
    if missing := [label for label, count in zip(labels, counts, strict=True) if not count]:
        first = ", ".join(missing[:SHOWN]) + ", …" * (len(missing) > SHOWN)
        raise PreparationError(
            f"{raw}: labels without an image for training: {first} (their pictures are held out, unusable or "
            "duplicates); add pictures of them to the source, remove their folders, or do without labels (`labels: "
            "false` of the data set; `frugalgan train` without --labels)"
        )


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _text(path: str) -> str:
    """The path as text that can always be written: bytes that are not UTF-8, and carriage returns, as escapes."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8").replace("\r", "\\r")
