"""Running the real `dvc` commands in clones of this checkout."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

PROJECT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
# Most methods and each family once, of the committed models, and some starts; faces' autoencoders only in stand_in.py.
FIRST = ("untrained", "teacher", "scratch", "transfer", "student", "cats_vae", "teacher_from_vae")
FACES = (*FIRST[:5], "cats_stylegan2", "styles_hypernetwork")
DIGITS = (
    "digits_dcgan",
    "digits_vae",
    "digits_cwae",
    "digits_wae_2d",
    "digits_dcgan_from_vae_frozen",
    "digits_biggan",
)
ONE_SEED = ("digits_wae_2d", "digits_biggan")
# Of rows that are left out.
PAIRS = """\
  - digits_biggan / digits_sagan
  - animals_biggan / animals_sagan
  - sketches_vector* / sketches_tuned
"""
STUDENTS = ("student", "student_0.3")
MODELS = {*FACES, *DIGITS, *STUDENTS}
SEEDS = {name: [0] for name in MODELS} | {name: [0, 1] for name in DIGITS if name not in ONE_SEED}


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
    """A clone of this checkout, its uncommitted changes included, with some of its models and data sets and the numbers
    of the preset `smoke`, after `dvc repro`, committed.

    The pipeline runs without a network where that can be arranged, for it must not need one; and one stage after the
    other, for other tests run beside it (test_schedule.py has stages side by side).
    """
    clone(PROJECT, folder)
    changed = call(PROJECT, "git", "ls-files", "--modified", "--others", "--exclude-standard").splitlines()
    for name in changed:
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    call(folder, "frugalgan", "preset", "smoke")
    replace(folder / "params.yaml", "- 0.3\n- 0.01\n- 0.001\n", "- 0.3\n")
    replace(folder / "params.yaml", PAIRS, "")
    keep_models(folder, (*FACES, *DIGITS))
    text = (folder / "params.yaml").read_text()
    replace(folder / "params.yaml", text[text.index("  animals:") : text.index("  styles:")], "")  # no model's here
    (
        folder / "dvc.lock"
    ).unlink()  # of other numbers and more models; DVC would read and write all of it for each stage
    call(folder, *without_network(), "frugalgan", "repro", "--jobs", "1")
    call(folder, "git", "add", "--all")
    call(folder, "git", "commit", "--quiet", "--message", "smoke")
    return folder


def keep_models(folder: Path, names: Iterable[str]) -> None:
    """Leave only these rows in models.yaml; models of three seeds have two."""
    path, kept = folder / "models.yaml", {*names, "models"}
    lines = [line for line in path.read_text().splitlines() if line.split(":")[0].strip() in kept]
    path.write_text("\n".join(lines).replace("seeds: 3", "seeds: 2") + "\n")


def replace(path: Path, old: str, new: str) -> None:
    """Replace a text that stands exactly once in a file."""
    text = path.read_text()
    assert text.count(old) == 1, (path, old, text.count(old))
    path.write_text(text.replace(old, new))


def ran(output: str) -> set[str]:
    """The stages that a dvc command ran."""
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")}
