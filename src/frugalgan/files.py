"""Files that appear whole or not at all."""

import ctypes
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of Linux


class FileError(ValueError):
    """A file is missing or cannot be read; the message names it, and the hint what to do."""


def from_project(path: Path) -> Path:
    """A path that params.yaml names: `~` is home, and a relative one is below the project's folder, or, in a copy of it
    that DVC makes for an experiment, below the project itself where the copy lacks it."""
    path = path.expanduser()
    return path if path.exists() else Path(os.environ.get("DVC_ROOT", ".")) / path


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; what the block leaves there, file or folder, takes `path`'s place at its end.

    If the block fails, or is interrupted, `path` stays as it was and the temporary one is removed; one that a killed
    process left is removed the next time. No two processes may write one path at a time. Raises IsADirectoryError or
    NotADirectoryError where `check_target` does: no file takes a folder's place, and no folder a file's.
    """
    _check_not_within(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix, before = f".{path.name}~", f"{path.name}~before"
    for left in path.parent.iterdir():
        if left.name.startswith(prefix):
            _put_back(left / before, path)
            shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=path.parent) as folder:
        temporary, old = Path(folder) / path.name, Path(folder) / before
        yield temporary
        check_target(path, folder=temporary.is_dir())
        there = path.is_dir() and not path.is_symlink()
        if there and _exchange(temporary, path):
            return
        try:
            if there:
                os.replace(path, old)  # a folder cannot take another's place; what it was goes with the temporary one
            os.replace(temporary, path)
        except BaseException:
            _put_back(old, path)
            raise


def check_target(path: Path, *, folder: bool) -> None:
    """Whether `replaced` can put a folder, or else a file, at `path`, which may be there.

    Raises IsADirectoryError where a folder lies in a file's place, or this process works in `path` or below it;
    NotADirectoryError where a file or a link lies in a folder's place.
    """
    _check_not_within(path)
    is_folder = path.is_dir() and not path.is_symlink()
    if is_folder and not folder:
        raise IsADirectoryError(f"{path}: a folder, and a file is to be written: name a file, or remove the folder")
    if folder and not is_folder and os.path.lexists(path):
        raise NotADirectoryError(
            f"{path}: a file or a link, and a folder is to be written: name a folder, or remove it"
        )


def _check_not_within(path: Path) -> None:
    """Raise IsADirectoryError for the current folder and those above it: a process keeps the one that it works in."""
    if Path.cwd().is_relative_to(os.path.abspath(path)):
        raise IsADirectoryError(f"{path}: the current folder, or one above it, cannot be replaced: name another path")


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders take each other's place in one step; whether that could be done: by Linux, on most file systems.

    See renameat2(2).
    """
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    paths = os.fsencode(one), os.fsencode(other)
    return rename is not None and rename(AT_FDCWD, paths[0], AT_FDCWD, paths[1], RENAME_EXCHANGE) == 0


def _put_back(old: Path, path: Path) -> None:
    """`old`, where there is one, becomes `path`, where that is not there."""
    if old.exists() and not path.exists():
        os.replace(old, path)


def write_json(path: Path, values: dict[str, Any]) -> None:
    """`values` as indented JSON, atomically. Raises ValueError for NaN and infinities, which JSON does not have."""
    text = json.dumps(values, indent=2, allow_nan=False) + "\n"
    with replaced(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: Path, *, hint: str) -> dict[str, Any]:
    """A JSON file's values. Raises FileError, which says `hint` where the file is missing."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileError(f"{path}: no such file; {hint}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: not JSON: {error}") from None
