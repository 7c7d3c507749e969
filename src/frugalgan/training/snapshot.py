"""Which snapshot a training goes on from, so that it ends as if nothing had happened, and where its own is kept.

Folder <root>/<model>/<hash of the configuration>; what lies in it, kept.py says. A training that ends before the step
of a snapshot that is there has a folder of its own, <hash>-<steps>, so the longer one is not lost.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frugalgan.training.kept import Kept, json_sha256, keep
from frugalgan.training.record import Recorder
from frugalgan.training.state import State

# What may differ where a training goes on elsewhere; but for the running average, which is part of the state.
ELSEWHERE, ALWAYS_EQUAL = ("device", "versions", "code", "training"), "ema_decay"


class SnapshotError(ValueError):
    """A snapshot is not of this configuration; the message says in what they differ."""


def root() -> Path:
    """Where snapshots are kept. DVC's copies of the project for queued experiments share the project's own."""
    return Path(os.environ.get("DVC_ROOT", ".")) / ".frugalgan" / "snapshots"


@dataclass(frozen=True)
class Found:
    """What a training goes on from, and the folders of snapshots that went further, but are damaged."""

    kept: Kept | None = None
    damaged: tuple[Path, ...] = ()
    elsewhere: bool = False  # whether it is of another configuration


class Snapshots:
    """The snapshot of one model's training in one configuration: the newest alone, and one of each shorter training."""

    def __init__(self, model: Path, configuration: Mapping[str, Any], steps: int) -> None:
        """`model`: the folder of all its snapshots. `configuration`: JSON values, all that decides the result but for
        how long training goes on, which are `steps`."""
        self.configuration, self.steps = json.loads(json.dumps(configuration)), steps
        self._whole_training = self.folder = model / json_sha256(self.configuration)[:16]
        self.longer = 0  # images that a longer training had seen, whose snapshot is kept beside
        if (kept := Kept.read(self.folder)) and kept.done > steps:
            self.longer, self.folder = kept.nimg, self.folder.with_name(f"{self.folder.name}-{steps}")
        self._known: dict[str, str] = {}  # sha256 of the files in the folder

    def restore(self, state: State, recorder: Recorder) -> Found:
        """Put `state` and `recorder` where the furthest snapshot left them, if there is one that can be used.

        One that was damaged, or went further than this training will, is of no use. Raises SnapshotError.
        """
        found = self._furthest()
        if (kept := found.kept) is None:
            return found
        if kept.configuration != self.configuration:
            raise SnapshotError(
                f"{kept.folder}: a snapshot of another configuration:\n"
                f"{difference(kept.configuration, self.configuration)}\n"
                "remove it, or start anew with FRUGALGAN_FRESH=1"
            )
        kept.restore(state, recorder)
        self._known = kept.sha256 if kept.folder == self.folder else {}
        return found

    def restore_elsewhere(self, state: State, recorder: Recorder) -> Found:
        """The same from the furthest of another device, other versions, code or section `training`, which `recorder`
        notes: from there on the training is no longer what it would have been, to the byte. Finds none where none is
        further than this configuration's own."""
        own = self._furthest()
        done = own.kept.done if own.kept else 0
        further = [other for other in self._others() if other.done > done and self._may_go_on_from(other)]
        kept = _first_whole(sorted(further, key=lambda other: other.done, reverse=True)).kept
        if kept is not None:
            kept.restore(state, recorder)
            differs = difference(kept.configuration, self.configuration)
            recorder.elsewhere = [*recorder.elsewhere, {"from_kimg": kept.nimg / 1000, "differs": differs}]
        return Found(kept, own.damaged, elsewhere=kept is not None)

    def save(self, state: State, recorder: Recorder, *, finished: bool) -> None:
        """Take the place of the snapshot before; all losses must have been looked at. Raises OSError."""
        kept = keep(self.folder, self.configuration, state, recorder, finished=finished, known=self._known)
        self._known = kept.sha256

    def remove(self) -> None:
        """Keep none."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def bytes(self) -> int:
        """What the snapshot takes on disk."""
        return size(self.folder)

    def of_use(self) -> list[tuple[str, bool]]:
        """In what each training of the same model in another configuration differs, and whether this one may go on
        from it: of those that were interrupted, and of those that it may go on from."""
        others = [(other, self._may_go_on_from(other)) for other in self._others()]
        return [
            (difference(other.configuration, self.configuration), may)
            for other, may in others
            if may or not other.finished
        ]

    def _furthest(self) -> Found:
        """Of this training and shorter ones, the whole snapshot that went furthest, but no further than this will."""
        beside = self._whole_training.parent.glob(f"{self._whole_training.name}-*")
        kept = _read((self._whole_training, *sorted(beside)))
        usable = [one for one in kept if one.done <= self.steps]
        return _first_whole(sorted(usable, key=lambda one: (one.done, one.folder == self.folder), reverse=True))

    def _others(self) -> list[Kept]:
        """Those of other configurations."""
        beside = _read(sorted(self.folder.parent.glob("*")))
        return [kept for kept in beside if kept.configuration != self.configuration]

    def _may_go_on_from(self, other: Kept) -> bool:
        """Whether nothing else differs than may, and the other did not go as far as this training will."""

        def equal(configuration: dict[str, Any]) -> Any:
            kept = {key: value for key, value in configuration.items() if key not in ELSEWHERE}
            return kept, configuration.get("training", {}).get(ALWAYS_EQUAL)

        return other.done < self.steps and equal(other.configuration) == equal(self.configuration)


def _read(folders: Iterable[Path]) -> list[Kept]:
    return [kept for folder in folders if (kept := Kept.read(folder)) is not None]


def _first_whole(kept: Iterable[Kept]) -> Found:
    damaged: list[Path] = []
    for one in kept:
        if one.is_whole():
            return Found(one, tuple(damaged))
        damaged.append(one.folder)
    return Found(None, tuple(damaged))


def size(folder: Path) -> int:
    """Bytes of all files in `folder`."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def difference(before: Mapping[str, Any], now: Mapping[str, Any], path: str = "") -> str:
    """A line per value that differs: `training.tf32: true → false`."""
    lines = []
    for key in dict.fromkeys((*before, *now)):
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            lines.append(difference(old, new, f"{path}{key}."))
        elif old != new:
            lines.append(f"  {path}{key}: {json.dumps(old)} → {json.dumps(new)}")
    return "\n".join(filter(None, lines))
