"""Which pictures a fetched folder holds: index.csv, a row per file."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal

from frugalgan.files import FileError, replaced

INDEX, LEFT_OUT = "index.csv", "left_out.csv"  # of a fetched folder
REJECTED = "rejected.csv"  # of a prepared one, which tells of both
COLUMNS = ("file", "split", "label", "has_points", "stored")
SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".png", ".apng", ".webp", ".tif", ".tiff", ".bmp", ".dib", ".gif"),
    *(".avif", ".heic", ".heif", ".hif", ".jp2", ".j2k", ".jpf", ".jpx", ".ppm", ".pgm", ".pnm"),
)


@dataclass(frozen=True)
class Picture:
    """A picture: its path as its source has it, its part where upstream has parts, the name of its label, whether key
    points belong to it, and the name that it is stored under where that is another one.

    Key points lie beside it, in <file>.cat.
    """

    path: str
    split: Literal["train", "heldout", ""] = ""
    label: str = ""
    has_points: bool = False
    stored: str = ""

    @property
    def file(self) -> str:
        """Its place below the fetched folder."""
        return self.stored or self.path


def write_index(folder: Path, pictures: Iterable[Picture]) -> None:
    """index.csv of `folder`, sorted by path."""
    with (
        replaced(folder / INDEX) as temporary,
        temporary.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        writer = csv.writer(file)  # lines end with \r\n: only then are names with a \r in quotes
        writer.writerow(COLUMNS)
        writer.writerows(sorted(astuple(picture) for picture in pictures))


def read_index(folder: Path) -> list[Picture]:
    """All pictures of a fetched folder, sorted by path. Raises FileError."""
    path = folder / INDEX
    try:
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            rows = list(csv.DictReader(file))
        return [
            Picture(row["file"], row["split"], row["label"], row["has_points"] == "True", row.get("stored") or "")  # pyright: ignore[reportArgumentType]
            for row in rows
        ]
    except FileNotFoundError:
        raise FileError(f"{path}: no such file; `dvc repro fetch@{folder.name}` makes it") from None
    except (KeyError, csv.Error, UnicodeDecodeError) as error:
        raise FileError(
            f"{path}: not a table of {', '.join(COLUMNS)} ({error}); run `dvc repro --force fetch`"
        ) from None


def write_left_out(folder: Path, reasons: dict[str, str]) -> None:
    """left_out.csv of `folder`: pictures of the source that are not there, and why; nothing where there are none."""
    if not reasons:
        return
    with (
        replaced(folder / LEFT_OUT) as temporary,
        temporary.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(("file", "reason"))
        writer.writerows(sorted(reasons.items()))


def read_left_out(folder: Path) -> dict[str, str]:
    """Picture of the source → why it was left out."""
    path = folder / LEFT_OUT
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return {row["file"]: row["reason"] for row in csv.DictReader(file)}
