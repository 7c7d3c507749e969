"""Pictures for tests: small files in the layouts that people have them in."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from frugalgan.config.sections import Dataset
from frugalgan.data.index import read_index, write_index
from frugalgan.data.prepare import PreparationReport, prepare
from frugalgan.data.settings import Prepare
from frugalgan.data.sources.folder import find_pictures

SIZE = 128  # px of a photo's side
CAT_LINE = "9 30 40 60 42 45 60 20 30 15 10 25 25 70 30 80 12 72 26 "
DATASET = Dataset(
    source="drawn",
    subject="any",
    count=0,
    crop="eyes",
    size=32,
    colour=True,
    style="none",
    mirror=True,
    labels=False,
    extractor="efficientnet_lite0",
    samples=8,
    reference=8,
    moment_samples=6,
)


def photo(seed: int, size: int = SIZE) -> np.ndarray:
    """(size, size, 3) uint8: smooth colours."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)


def write_photo(path: Path, seed: int) -> Path:
    """A picture of the kind that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, photo(seed))[1].tobytes())
    return path


def write_photos(folder: Path, count: int, first: int = 0) -> Path:
    """JPEGs 0000.jpg, … in `folder`, each another."""
    for seed in range(first, first + count):
        write_photo(folder / f"{seed:04d}.jpg", seed)
    return folder


def write_faces(raw: Path, animal: str, *, train: int, val: int) -> Path:
    """Faces as AFHQ has them: cats from 0000.jpg on, in val from 1000.jpg on; dogs are others."""
    first = 0 if animal == "cat" else 2000
    write_photos(raw / "animal-faces/afhq/train" / animal, train, first)
    write_photos(raw / "animal-faces/afhq/val" / animal, val, first + 1000)
    return raw


def write_scenes(raw: Path, count: int) -> list[Path]:
    """Photos with key points as the CAT data set has them, in two of its folders."""
    paths = [write_photo(raw / f"cat-dataset/CAT_0{i % 2}/{i:08d}_000.jpg", 5000 + i) for i in range(count)]
    for path in paths:
        path.with_name(f"{path.name}.cat").write_text(CAT_LINE)
    return paths


def put(root: Path, *names: str) -> None:
    """Files that hold their own name."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def as_the_source_calls_them(folder: Path) -> set[str]:
    """Files of a fetched folder, pictures by the names that they have in their source."""
    names = {picture.file: picture.path for picture in read_index(folder)}
    names |= {f"{stored}.cat": f"{name}.cat" for stored, name in names.items()}
    return {names.get(file, file) for file in listing(folder)}


def listing(root: Path) -> set[str]:
    """Every file below `root`."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


def rejecting(max_rejected: float) -> Prepare:
    """Section `prepare` with that share."""
    return Prepare(max_rejected=max_rejected, max_megapixels=128.0)


def run(raw: Path, out: Path, *, subject: str = "any", max_rejected: float = 0.5, **changes: Any) -> PreparationReport:
    """Prepare the pictures in `raw` as if they had been fetched there, with keys of the data set changed."""
    write_index(raw, (found.picture for found in find_pictures(raw, subject=subject).pictures.values()))
    return prepare(raw, out, replace(DATASET, **changes), rejecting(max_rejected), workers=2)


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV file's."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
