"""Running the real `dvc` commands in clones of this checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
STUDENTS = {"student", "student_0.3", "student_0.01", "student_0.001"}
FACE_AUTOENCODERS = {"cats_vae", "cats_wae"}
MODELS = {"untrained", "teacher", "scratch", "transfer", "teacher_from_vae", "teacher_from_wae"} | STUDENTS


def environment(folder: Path) -> dict[str, str]:
    """What a command in `folder` runs with: this environment's programs, that folder's code."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(folder / "src")}


def call(folder: Path, *command: str, fails: bool = False, **variables: str) -> str:
    """stdout and stderr of a command run in `folder`; its exit code must be 0, or not 0 if it `fails`."""
    variables = environment(folder) | variables
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, output
    return output


def start(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    """A command in `folder`, not waited for."""
    silent = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=silent, stderr=silent)


def without_network() -> list[str]:
    """What to put in front of a command so that it has no network; nothing where that is not allowed."""
    prefix = ["unshare", "--net"]
    try:
        return [] if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode else prefix
    except FileNotFoundError:
        return []


def clone(source: Path, target: Path) -> Path:
    """A git clone with a committer."""
    call(target.parent, "git", "clone", "--quiet", str(source), str(target))
    for key, value in (("user.name", "test"), ("user.email", "test@example.org")):
        call(target, "git", "config", key, value)
    return target


def smoke_project(folder: Path) -> Path:
    """A clone of this checkout, its uncommitted changes included, after `dvc repro` at smoke scale, committed.

    The pipeline runs without a network where that can be arranged, for it must not need one.
    """
    clone(PROJECT, folder)
    changed = call(PROJECT, "git", "ls-files", "--modified", "--others", "--exclude-standard").splitlines()
    for name in changed:
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    params = folder / "params.yaml"
    fewer_seeds = params.read_text().replace("  - 0\n  - 1\n  - 2\n", "  - 0\n  - 1\n")
    params.write_text(fewer_seeds.replace("scale: embedded", "scale: smoke"))
    call(folder, *without_network(), "dvc", "repro")
    call(folder, "git", "add", "--all")
    call(folder, "git", "commit", "--quiet", "--message", "smoke")
    return folder


def ran(output: str) -> set[str]:
    """The stages that a dvc command ran."""
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")}
