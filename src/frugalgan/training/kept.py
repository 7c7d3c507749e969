"""The last state of a training on disk: a folder of state-<step>.pt, moment-<step>.npy, and snapshot.json.

snapshot.json is written last and names the others with their sha256: what it does not name does not count.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from frugalgan.files import read_json, replaced, write_json
from frugalgan.provenance import file_sha256
from frugalgan.training.record import Recorder
from frugalgan.training.state import State

INDEX, STATE, MOMENT = "snapshot.json", "state-{:09d}.pt", "moment-{:09d}.npy"
OWN = re.compile(r"state-\d+\.pt|moment-\d+\.npy")


@dataclass(frozen=True)
class Kept:
    """What snapshot.json says: whose state lies in its folder, and in which files."""

    folder: Path
    configuration: dict[str, Any]  # JSON values, all that decides the training's result but for its length
    done: int  # steps
    nimg: int  # images seen
    finished: bool
    state: str  # file
    moments: dict[str, str]  # step → file
    sha256: dict[str, str]  # of these files

    @classmethod
    def read(cls, folder: Path) -> "Kept | None":
        """That of `folder`, or None where there is no snapshot.json, or a damaged one."""
        try:
            written = read_json(folder / INDEX, hint="")
            return cls(folder, **written["index"]) if written["sha256"] == json_sha256(written["index"]) else None
        except (ValueError, OSError, KeyError, TypeError):
            return None

    @property
    def fingerprint(self) -> float:
        """A number that tells one snapshot from another; not 0."""
        return float(sum(int(sha256[:8], 16) for sha256 in self.sha256.values()))

    def is_whole(self) -> bool:
        """Whether each file is there as it was written."""
        try:
            return all(file_sha256(self.folder / name) == sha256 for name, sha256 in self.sha256.items())
        except OSError:
            return False

    def restore(self, state: State, recorder: Recorder) -> None:
        """Put `state` and `recorder` where they were."""
        kept = torch.load(self.folder / self.state, map_location="cpu", weights_only=True)
        state.load_state_dict(kept["state"])
        samples = {int(step): np.load(self.folder / name) for step, name in self.moments.items()}
        recorder.load_state_dict(kept["recorder"], samples)


def keep(
    folder: Path,
    configuration: dict[str, Any],
    state: State,
    recorder: Recorder,
    *,
    finished: bool,
    known: Mapping[str, str],
) -> Kept:
    """Let the state take the place of what `folder` held; all losses must have been looked at.

    `known`: sha256 of files that it held, whose moments are not written again. Raises OSError.
    """
    name, moments = STATE.format(recorder.done), {str(step): MOMENT.format(step) for step in recorder.samples}
    sha256 = {file: value for file, value in known.items() if file in moments.values()}
    for step, file in moments.items():
        if file not in sha256:
            with replaced(folder / file) as temporary:
                with temporary.open("wb") as opened:
                    np.save(opened, recorder.samples[int(step)])
                _to_disk(temporary)
            sha256[file] = file_sha256(folder / file)
    with replaced(folder / name) as temporary:
        try:
            torch.save({"state": state.state_dict(), "recorder": recorder.state_dict()}, temporary)
        except RuntimeError as error:  # PyTorch's own writer does not say that the disk is full
            raise OSError(f"{folder / name}: cannot be written: is the disk full? ({error})") from None
        _to_disk(temporary)
    sha256[name] = file_sha256(folder / name)
    kept = Kept(folder, configuration, recorder.done, state.nimg, finished, name, moments, sha256)
    index = {key: value for key, value in asdict(kept).items() if key != "folder"}
    with replaced(folder / INDEX) as temporary:
        write_json(temporary, {"index": index, "sha256": json_sha256(index)})
        _to_disk(temporary)
    for path in folder.iterdir():  # superseded, or left by a process that was killed
        if path.is_dir() and "~" in path.name:
            shutil.rmtree(path)
        elif OWN.fullmatch(path.name) and path.name not in sha256:
            path.unlink()
    return kept


def json_sha256(values: Any) -> str:
    """Of JSON values, whatever the order of keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _to_disk(file: Path) -> None:
    """Wait until the disk has it: else a power failure could leave an index without the files that it names."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())
