"""The whole state of an unfinished training, so that it goes on as if nothing had happened.

Folder <root>/<model>/<hash of the configuration>: state-<step>.pt, moment-<step>.npy, and snapshot.json, which is
written last and names the others with their sha256: what it does not name does not count.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from frugalgan.files import FileError, read_json, replaced, write_json
from frugalgan.provenance import file_sha256
from frugalgan.training.state import State
from frugalgan.training.watch import Watch

INDEX, STATE, MOMENT = "snapshot.json", "state-{:09d}.pt", "moment-{:09d}.npy"


class SnapshotError(ValueError):
    """A snapshot is not of this configuration; the message says in what they differ."""


def root() -> Path:
    """Where snapshots are kept. DVC's copies of the project for queued experiments share the project's own."""
    return Path(os.environ.get("DVC_ROOT", ".")) / ".frugalgan" / "snapshots"


class Snapshots:
    """The snapshot of one model's training in one configuration; there is one at most, the newest."""

    def __init__(self, model: Path, configuration: Mapping[str, Any]) -> None:
        """`model`: the folder of all its snapshots. `configuration`: JSON values, all that decides the result but for
        how long training goes on."""
        self.configuration = json.loads(json.dumps(configuration))
        text = json.dumps(self.configuration, sort_keys=True)
        self.folder = model / hashlib.sha256(text.encode()).hexdigest()[:16]

    def restore(self, state: State, watch: Watch) -> bool:
        """Put `state` and `watch` where the snapshot left them; False where there is none that can be used.

        One that was damaged, or went further than `watch.steps`, is of no use. Raises SnapshotError.
        """
        index = self.index()
        if index is None or index["done"] > watch.steps or not self._whole(index):
            return False
        if index["configuration"] != self.configuration:
            raise SnapshotError(
                f"{self.folder}: a snapshot of another configuration:\n"
                f"{difference(index['configuration'], self.configuration)}\n"
                "remove it, or start anew with FRUGALGAN_FRESH=1"
            )
        kept = torch.load(self.folder / index["state"], map_location="cpu", weights_only=True)
        state.load_state_dict(kept["state"])
        samples = {int(step): np.load(self.folder / name) for step, name in index["moments"].items()}
        watch.load_state_dict(kept["watch"], samples)
        return True

    def save(self, state: State, watch: Watch, *, finished: bool) -> None:
        """Take the place of the snapshot before. Losses are looked at first. Raises NonFiniteLoss."""
        watch.look()
        name, moments = STATE.format(watch.done), {str(step): MOMENT.format(step) for step in watch.samples}
        sha256 = (self.index() or {"sha256": {}})["sha256"]
        for step, file in moments.items():
            if file not in sha256:
                with replaced(self.folder / file) as temporary, temporary.open("wb") as opened:
                    np.save(opened, watch.samples[int(step)])
                sha256[file] = file_sha256(self.folder / file)
        with replaced(self.folder / name) as temporary:
            try:
                torch.save({"state": state.state_dict(), "watch": watch.state_dict()}, temporary)
            except RuntimeError as error:  # PyTorch's own writer does not say that the disk is full
                raise OSError(f"{self.folder / name}: cannot be written: is the disk full? ({error})") from None
        sha256[name] = file_sha256(self.folder / name)
        index = {
            "configuration": self.configuration,
            "done": watch.done,
            "nimg": state.nimg,
            "finished": finished,
            "state": name,
            "moments": moments,
            "sha256": {file: sha256[file] for file in (name, *moments.values())},
        }
        write_json(self.folder / INDEX, index)
        for file in self.folder.glob("*.*"):
            if file.is_file() and file.name not in (INDEX, *index["sha256"]):
                file.unlink()

    def index(self) -> dict[str, Any] | None:
        """snapshot.json, or None where there is none, or none that can be read."""
        return read_index(self.folder)

    def bytes(self) -> int:
        """What the snapshot takes on disk."""
        return size(self.folder)

    def interrupted_others(self) -> list[str]:
        """For each interrupted training of the same model in another configuration, in what that differs from this."""
        folders = [folder for folder in self.folder.parent.glob("*") if folder.is_dir() and folder != self.folder]
        others = map(read_index, folders)
        unfinished = [index for index in others if index and not index["finished"]]
        return [difference(index["configuration"], self.configuration) for index in unfinished]

    def _whole(self, index: dict[str, Any]) -> bool:
        try:
            return all(file_sha256(self.folder / name) == sha256 for name, sha256 in index["sha256"].items())
        except OSError:
            return False


def read_index(folder: Path) -> dict[str, Any] | None:
    """snapshot.json of `folder`, or None where there is none, or none that can be read."""
    try:
        return read_json(folder / INDEX, mend="")
    except FileError:
        return None


def size(folder: Path) -> int:
    """Bytes of all files in `folder`."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def difference(before: Mapping[str, Any], now: Mapping[str, Any], path: str = "") -> str:
    """A line per value that differs: `training.flip: true → false`."""
    lines = []
    for key in dict.fromkeys((*before, *now)):
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            lines.append(difference(old, new, f"{path}{key}."))
        elif old != new:
            lines.append(f"  {path}{key}: {json.dumps(old)} → {json.dumps(new)}")
    return "\n".join(filter(None, lines))
