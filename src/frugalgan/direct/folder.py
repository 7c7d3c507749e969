"""The folder that a model is made in: what was chosen there, and whether another command works there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from frugalgan.config import places
from frugalgan.direct.asked import Asked
from frugalgan.direct.values import MODEL, PICTURES, Choice
from frugalgan.export.layout import WORK

CHOICE, LOCK = "choice.json", "lock"  # in WORK
WEIGHTS = "weights"


class FolderError(ValueError):
    """A folder cannot take a model, or holds none; the message names it and the cure."""


def chosen_in(out: Path) -> Choice | None:
    """What is made in this folder; None where it is new or empty, or nothing was made yet of what was chosen there.
    Raises FolderError where it is none of ours."""
    file = out / WORK / CHOICE
    if file.is_file():
        try:
            choice = Choice(**json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise FolderError(f"{file}: damaged, or of another version: {error}: name another folder") from None
        return choice if is_begun(out / WORK) else None
    if out.exists() and (not out.is_dir() or any(path.name != WORK for path in out.iterdir())):
        raise FolderError(f"{out}: holds other things: name a new or an empty folder")
    return None


def is_begun(work: Path) -> bool:
    """Whether there is anything that depends on what was chosen."""
    return any((work / place).exists() for place in (places.prepared(PICTURES), places.weights(MODEL)))


def choice_of(folder: Path) -> Choice:
    """The choice of a finished model's folder. Raises FolderError."""
    choice = chosen_in(folder) if (folder / WORK).is_dir() else None
    if choice is None or not (folder / WEIGHTS).is_dir():
        raise FolderError(f"{folder}: no finished model of `frugalgan train PICTURES --out {folder}`")
    return choice


def teacher_in(model: Path) -> Choice:
    """What was chosen in that folder, of a model that others can learn from. Raises FolderError."""
    choice = choice_of(model)
    if is_it := choice.way.no_source:
        raise FolderError(f"{model}: is itself {is_it}: name the model that it came from, {choice.source}")
    return choice


def check_same(known: Choice, asked: Asked, out: Path) -> None:
    """Raise FolderError where the folder holds another model than is asked for."""
    keys = ("pictures", "labels", "seed", "how", "smaller", "recipe", "features", "size")
    pairs = {key: (getattr(known, key), getattr(asked, key)) for key in keys}
    differs = [f"{key} {one}" for key, (one, wanted) in pairs.items() if wanted not in (None, one)]
    if differs:
        raise FolderError(f"{out}: holds another model, of {', '.join(differs)}: name another folder, or remove it")


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """While it lasts no other command makes a model in this folder. Raises FolderError where one does."""
    (out / WORK).mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / WORK / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise FolderError(
            f"{out}: is being made by another command: wait for its end, or name another folder"
        ) from None
    try:
        yield
    finally:
        lock.release()
