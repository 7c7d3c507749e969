"""The whole state of an unfinished training, so that it goes on as if nothing had happened.

Folder <root>/<model>/<hash of the configuration>: state-<step>.pt, moment-<step>.npy, and snapshot.json, which is
written last and names the others with their sha256: what it does not name does not count. A training that ends before
the step of a snapshot that is there has a folder of its own, <hash>-<steps>, so the longer one is not lost.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from frugalgan.files import read_json, replaced, write_json
from frugalgan.provenance import file_sha256
from frugalgan.training.record import Recorder
from frugalgan.training.state import State

# What may differ where a training goes on elsewhere; but for the running average, which is part of the state.
ELSEWHERE, ALWAYS_EQUAL = ("device", "versions", "code", "training"), "ema_decay"
INDEX, STATE, MOMENT = "snapshot.json", "state-{:09d}.pt", "moment-{:09d}.npy"
OWN = re.compile(r"state-\d+\.pt|moment-\d+\.npy")


class SnapshotError(ValueError):
    """A snapshot is not of this configuration; the message says in what they differ."""


def root() -> Path:
    """Where snapshots are kept. DVC's copies of the project for queued experiments share the project's own."""
    return Path(os.environ.get("DVC_ROOT", ".")) / ".frugalgan" / "snapshots"


class Snapshots:
    """The snapshot of one model's training in one configuration: the newest alone, and one of each shorter training."""

    def __init__(self, model: Path, configuration: Mapping[str, Any], steps: int) -> None:
        """`model`: the folder of all its snapshots. `configuration`: JSON values, all that decides the result but for
        how long training goes on, which are `steps`."""
        self.configuration = json.loads(json.dumps(configuration))
        self._whole_training = self.folder = model / _sha256(self.configuration)[:16]
        self.longer = 0  # images that a longer training had seen, whose snapshot is kept beside
        if (index := read_index(self.folder)) and index["done"] > steps:
            self.longer, self.folder = index["nimg"], self.folder.with_name(f"{self.folder.name}-{steps}")
        self.damaged: list[Path] = []  # folders of snapshots that went further than what was restored
        self._sha256: dict[str, str] = {}  # of the files in the folder
        self._restored: dict[str, str] = {}  # of those that the training was restored from

    @property
    def fingerprint(self) -> float:
        """A number that tells one restored snapshot from another; 0 for none."""
        return float(sum(int(sha256[:8], 16) for sha256 in self._restored.values()))

    def restore(self, state: State, recorder: Recorder) -> bool:
        """Put `state` and `recorder` where the furthest snapshot left them; False where there is none that can be used.

        One that was damaged, or went further than `recorder.steps`, is of no use. Raises SnapshotError.
        """
        if (found := self._furthest(recorder.steps)) is None:
            return False
        folder, index = found
        if index["configuration"] != self.configuration:
            raise SnapshotError(
                f"{folder}: a snapshot of another configuration:\n"
                f"{difference(index['configuration'], self.configuration)}\n"
                "remove it, or start anew with FRUGALGAN_FRESH=1"
            )
        self._load(folder, index, state, recorder)
        self._sha256 = index["sha256"] if folder == self.folder else {}
        return True

    def _furthest(self, steps: int) -> tuple[Path, dict[str, Any]] | None:
        """Of this training and shorter ones, the whole snapshot that went furthest, `steps` at most."""
        beside = self._whole_training.parent.glob(f"{self._whole_training.name}-*")
        indices = [(folder, read_index(folder)) for folder in (self._whole_training, *sorted(beside))]
        usable = [(folder, index) for folder, index in indices if index and index["done"] <= steps]
        usable.sort(key=lambda one: (one[1]["done"], one[0] == self.folder), reverse=True)
        whole = next((one for one in usable if self._whole(one[1], one[0])), None)
        self.damaged = [folder for folder, index in usable[: usable.index(whole) if whole else None]]
        return whole

    def restore_elsewhere(self, state: State, recorder: Recorder) -> bool:
        """The same from the furthest of another device, other versions, code or section `training`, which `recorder`
        notes: from there on the training is no longer what it would have been, to the byte. False where none is further
        than this configuration's own."""
        own = self._furthest(recorder.steps)
        done = own[1]["done"] if own is not None else 0
        others = [(index["done"], folder, index) for folder, index in self._others() if self._is_elsewhere(index)]
        usable = [other for other in others if done < other[0] < recorder.steps]
        for _, folder, index in sorted(usable, key=lambda other: other[0], reverse=True):
            if self._whole(index, folder):
                self._load(folder, index, state, recorder)
                differs = difference(index["configuration"], self.configuration)
                recorder.elsewhere = [*recorder.elsewhere, {"from_kimg": index["nimg"] / 1000, "differs": differs}]
                return True
        return False

    def _load(self, folder: Path, index: dict[str, Any], state: State, recorder: Recorder) -> None:
        kept = torch.load(folder / index["state"], map_location="cpu", weights_only=True)
        state.load_state_dict(kept["state"])
        samples = {int(step): np.load(folder / name) for step, name in index["moments"].items()}
        recorder.load_state_dict(kept["recorder"], samples)
        self._restored = index["sha256"]

    def save(self, state: State, recorder: Recorder, *, finished: bool) -> None:
        """Take the place of the snapshot before; all losses must have been looked at."""
        name, moments = STATE.format(recorder.done), {str(step): MOMENT.format(step) for step in recorder.samples}
        sha256 = {file: known for file, known in self._sha256.items() if file in moments.values()}
        for step, file in moments.items():
            if file not in sha256:
                with replaced(self.folder / file) as temporary:
                    with temporary.open("wb") as opened:
                        np.save(opened, recorder.samples[int(step)])
                    _to_disk(temporary)
                sha256[file] = file_sha256(self.folder / file)
        with replaced(self.folder / name) as temporary:
            try:
                torch.save({"state": state.state_dict(), "recorder": recorder.state_dict()}, temporary)
            except RuntimeError as error:  # PyTorch's own writer does not say that the disk is full
                raise OSError(f"{self.folder / name}: cannot be written: is the disk full? ({error})") from None
            _to_disk(temporary)
        sha256[name] = file_sha256(self.folder / name)
        index = {
            "configuration": self.configuration,
            "done": recorder.done,
            "nimg": state.nimg,
            "finished": finished,
            "state": name,
            "moments": moments,
            "sha256": sha256,
        }
        with replaced(self.folder / INDEX) as temporary:
            write_json(temporary, {"index": index, "sha256": _sha256(index)})
            _to_disk(temporary)
        self._sha256 = sha256
        for path in self.folder.iterdir():  # superseded, or left by a process that was killed
            if path.is_dir() and "~" in path.name:
                shutil.rmtree(path)
            elif OWN.fullmatch(path.name) and path.name not in sha256:
                path.unlink()

    def remove(self) -> None:
        """Keep none."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def bytes(self) -> int:
        """What the snapshot takes on disk."""
        return size(self.folder)

    def of_use(self, steps: int) -> list[tuple[str, bool]]:
        """In what each training of the same model in another configuration differs, and whether this one, of so many
        steps, may go on from it: of those that were interrupted, and of those that it may go on from."""
        others = [(index, self._is_elsewhere(index) and index["done"] < steps) for _, index in self._others()]
        return [
            (difference(index["configuration"], self.configuration), may)
            for index, may in others
            if may or not index["finished"]
        ]

    def _others(self) -> list[tuple[Path, dict[str, Any]]]:
        """Those of other configurations."""
        indices = [(folder, read_index(folder)) for folder in sorted(self.folder.parent.glob("*"))]
        return [(folder, index) for folder, index in indices if index and index["configuration"] != self.configuration]

    def _is_elsewhere(self, index: dict[str, Any]) -> bool:
        def equal(configuration: dict[str, Any]) -> Any:
            kept = {key: value for key, value in configuration.items() if key not in ELSEWHERE}
            return kept, configuration.get("training", {}).get(ALWAYS_EQUAL)

        return equal(index["configuration"]) == equal(self.configuration)

    def _whole(self, index: dict[str, Any], folder: Path) -> bool:
        try:
            return all(file_sha256(folder / name) == sha256 for name, sha256 in index["sha256"].items())
        except OSError:
            return False


def read_index(folder: Path) -> dict[str, Any] | None:
    """What snapshot.json of `folder` says, or None where there is none, or a damaged one."""
    try:
        kept = read_json(folder / INDEX, hint="")
        return kept["index"] if kept["sha256"] == _sha256(kept["index"]) else None
    except (ValueError, OSError, KeyError, TypeError):
        return None


def _to_disk(file: Path) -> None:
    """Wait until the disk has it: else a power failure could leave an index without the files that it names."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _sha256(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


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
