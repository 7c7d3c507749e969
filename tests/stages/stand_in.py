"""A copy of the project whose stages only hash their inputs: what DVC re-runs is seen in seconds.

The stage `code` stays the real one. Every other stage's output is a hash of the files that it depends on and of its
params, so it changes whenever one of these does, as a training's does.
"""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import yaml
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo
from pipeline import FIRST, PAIRS, PROJECT, call, ran

from frugalgan.config.presets import write_preset
from frugalgan.running.schedule import DVC

COPIED = ("src", "stages", "presets", "docs", "params.yaml", "dvc.yaml", ".dvc/config", ".dvcignore", ".gitignore")
STAND_IN = """
import hashlib, json, pathlib, sys, yaml
name, place = sys.argv[1], json.loads(pathlib.Path("stages.json").read_text())
digest = hashlib.sha256()
for dep in place[name]["deps"]:
    for file in sorted(pathlib.Path(dep).rglob("*")) if pathlib.Path(dep).is_dir() else [pathlib.Path(dep)]:
        digest.update(file.read_bytes() if file.is_file() else b"")
digest.update(json.dumps(place[name]["params"], sort_keys=True).encode())
names = {  # that DVC sees (.dvcignore)
    "fetched": "index.csv", "prepared": "data.json", "weights": "0/networks.json", "record": "0/record.json",
    "samples": "note.txt", "pictures": "losses.png", "figures": "pareto.png", "export": "model.onnx",
    "tables": "comparison.csv",
}
for out in map(pathlib.Path, place[name]["outs"]):
    inside = next((names[part] for part in out.parts if part in names), "hash.txt")
    target = out if out.suffix in (".json", ".npz", ".md") else out / inside
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"hash": digest.hexdigest()}))
"""
ROWS = (*FIRST, "digits_vae", "digits_cdcgan")


class StandIn:
    """The copy, in a git repository of its own, its stages run once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name in COPIED:
            source, target = PROJECT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target, ignore=ignored) if source.is_dir() else shutil.copy(source, target)
        lines = (PROJECT / "models.yaml").read_text().splitlines()
        kept = [line for line in lines if line.split(":")[0].strip() in (*ROWS, "models")]
        (folder / "models.yaml").write_text("\n".join(kept) + "\n")
        self.edit("params.yaml", "- 0.01\n- 0.001\n", "- 0.01\n")
        self.edit("params.yaml", PAIRS, "")
        stages = yaml.safe_load((folder / "dvc.yaml").read_text())
        for name, stage in stages["stages"].items():
            if name != "code":
                body = stage.get("do", stage)
                of_list = stage.get("foreach") == "${export.models}"
                key = "${item.alpha}" if "matrix" in stage else "${item}" if of_list else "${key}"
                body["cmd"] = f"python -S stand_in.py {name}" + (
                    f"@{key}" if stage.keys() & {"foreach", "matrix"} else ""
                )
        (folder / "dvc.yaml").write_text(yaml.safe_dump(stages, sort_keys=False))
        (folder / "stand_in.py").write_text(STAND_IN.replace(", yaml", ""))
        for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "start")):
            call(folder, "git", "-c", "user.name=test", "-c", "user.email=test@example.org", *command)
        self.repro()
        shutil.copytree(folder / "code", folder.with_name("code"))  # as it is before any change
        call(folder, "git", "add", "--all")
        call(
            folder,
            "git",
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "commit",
            "--quiet",
            "--message",
            "run",
        )

    def copy(self, folder: Path) -> "StandIn":
        """Another one, as this is now."""
        shutil.copytree(self.folder, folder, symlinks=True)
        other = copy.copy(self)
        other.folder = folder
        return other

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text that stands exactly once in a file."""
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1, (name, old, text.count(old))
        path.write_text(text.replace(old, new))

    def append(self, name: str, text: str) -> None:
        """Add text at the end of a file."""
        path = self.folder / name
        path.write_text(path.read_text() + text)

    def repro(self, *dvc: str) -> set[str]:
        """`dvc repro`: the stages that ran. By that command, or, where none is named, by that of `frugalgan repro`,
        which reads the same lock faster (test_schedule.py)."""
        self.resolve()
        self.outputs_changed = True
        return ran(call(self.folder, *(dvc or DVC), "repro"))

    def resolve(self) -> None:
        """Tell the stages what they depend on, after an edit."""
        (self.folder / "stages.json").write_text(json.dumps(self._resolved()))

    def changed(self) -> set[str]:
        """The stages that a change itself alters; what follows from them runs only if their outputs differ."""
        call(self.folder, "python", "stages/hash_code.py")  # the command of stage `code`
        return ran(call(self.folder, *DVC, "repro", "--dry"))

    def vary(self, key: str, value: Any) -> set[str]:
        """The stages that another number in params.yaml alters."""
        write_preset({key: value}, self.folder / "params.yaml")
        return ran(call(self.folder, *DVC, "repro", "--dry"))

    def reset(self) -> None:
        """Put everything back."""
        call(self.folder, "git", "checkout", "--quiet", "--", ".")
        call(self.folder, "git", "clean", "--quiet", "-fd", "src", "stages", "metrics", "results")
        if self.outputs_changed:
            call(self.folder, *DVC, "checkout", "--quiet", "--force")
            self.outputs_changed = False
        shutil.rmtree(self.folder / "code")
        shutil.copytree(self.folder.with_name("code"), self.folder / "code")

    def _resolved(self) -> dict[str, Any]:
        """Stage → its dependencies, params and outputs, as DVC resolves dvc.yaml."""
        with Repo(str(self.folder)) as repo:
            found = {}
            for stage in repo.index.stages:
                params = [dep for dep in stage.deps if isinstance(dep, ParamsDependency)]
                found[stage.addressing.rpartition(":")[2]] = {
                    "deps": [
                        Path(dep.fs_path).relative_to(self.folder).as_posix() for dep in stage.deps if dep not in params
                    ],
                    "params": {str(dep): dep.read_params() for dep in params},
                    "outs": [Path(out.fs_path).relative_to(self.folder).as_posix() for out in stage.outs],
                }
            return found
