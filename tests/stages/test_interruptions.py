"""Killed at any moment, interrupted, out of room: nothing is lost, and nothing that is half done counts as done."""

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from pipeline import call, environment, replace

pytestmark = pytest.mark.slow

KILLS = 3  # of each training stage
TRAINING = "train@digits_dcgan_from_vae_frozen"  # of two seeds; test_snapshots.py has all methods
OTHERS = ("fetch@dogs", "prepare@cats", "sample@teacher", "evaluate@teacher")
LONGER = {  # 200 and 50 steps
    "  teacher: {kimg: 0.16, batch_size: 8}": "  teacher: {kimg: 1.6, batch_size: 8}",
    "  digits: {kimg: 0.2, batch_size: 16}": "  digits: {kimg: 0.8, batch_size: 16}",
}


def command_of(project: Path, stage: str) -> str:
    return yaml.safe_load((project / "dvc.lock").read_text())["stages"][stage]["cmd"]


def outputs_of(project: Path, stage: str) -> list[Path]:
    return [
        project / out["path"] for out in yaml.safe_load((project / "dvc.lock").read_text())["stages"][stage]["outs"]
    ]


def contents(paths: list[Path]) -> dict[str, Any]:
    """Every finished file's bytes, but for what says how long something took."""
    found: dict[str, Any] = {}
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if "~" in str(file.relative_to(path)):  # what a killed process left half done, beside what is whole
                continue
            if file.suffix in (".png", ".jpg", ".safetensors", ".npy") or "metrics" in file.parts:
                found[str(file)] = file.read_bytes()
            elif file.name == "history.csv":
                found[str(file)] = [line.split(",")[:1] + line.split(",")[2:] for line in file.read_text().splitlines()]
    assert found
    return found


def left_over(project: Path) -> list[Path]:
    """Temporary files and folders."""
    return [path for path in project.rglob(".*~*") if ".git" not in path.parts and ".venv" not in path.parts]


class Started:
    """A command in `project`, with its output in a file."""

    def __init__(self, project: Path, command: str, **variables: str) -> None:
        self.log = project.parent / "output.txt"
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                command.split(), cwd=project, env=environment(project) | variables, stdout=output, stderr=output
            )

    def wait_until_it_says(self, text: str) -> bool:
        """False where the command ended without saying it."""
        while text not in self.log.read_text():
            if self.process.poll() is not None:
                return False
            time.sleep(0.01)
        return True


@pytest.fixture
def stateless(unchanged: Path) -> Iterator[Path]:
    """The project, whose snapshots are removed afterwards."""
    yield unchanged
    shutil.rmtree(unchanged / ".frugalgan", ignore_errors=True)


@pytest.fixture
def longer(stateless: Path) -> Path:
    """The project with longer trainings."""
    for old, new in LONGER.items():
        replace(stateless / "params.yaml", old, new)
    return stateless


def test_a_training_killed_again_and_again_ends_as_if_it_had_not_been(longer: Path) -> None:
    command, outputs = command_of(longer, TRAINING), outputs_of(longer, TRAINING)
    begun = time.monotonic()
    call(longer, *command.split(), FRUGALGAN_FRESH="1")
    whole = contents(outputs)
    seconds = (time.monotonic() - begun) / 2  # about half of it is Python's start
    rng, kills, resumed = random.Random(TRAINING), 0, 0
    shutil.rmtree(longer / ".frugalgan")
    while kills < KILLS:
        started = Started(longer, command)
        started.wait_until_it_says("kimg [")
        time.sleep(rng.uniform(0, seconds / 3))
        if started.process.poll() is None:
            started.process.kill()
            kills += 1
        started.process.wait()
        resumed += "goes on from" in started.log.read_text()
        assert contents(outputs) == whole  # of the run before, or of this one: never half
        if started.process.returncode == 0:
            shutil.rmtree(longer / ".frugalgan")
    for path in outputs:  # so that what is there is this run's
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    output = call(longer, *command.split())
    assert resumed or "goes on from" in output
    assert contents(outputs) == whole
    assert not left_over(longer)


@pytest.mark.parametrize("stage", OTHERS)
def test_other_stages_killed_at_any_moment_leave_what_was_there_or_all_anew(unchanged: Path, stage: str) -> None:
    command, outputs = command_of(unchanged, stage), outputs_of(unchanged, stage)
    whole, rng = contents(outputs), random.Random(stage)
    begun = time.monotonic()
    call(unchanged, *command.split())
    seconds = time.monotonic() - begun
    assert contents(outputs) == whole
    for _ in range(3):
        started = Started(unchanged, command)
        time.sleep(rng.uniform(0.3, 1) * seconds)
        started.process.kill()
        started.process.wait()
        assert contents([path for path in outputs if path.exists()]) == whole
    call(unchanged, *command.split())
    assert contents(outputs) == whole
    assert not left_over(unchanged)


def training_process(dvc: subprocess.Popen[bytes]) -> psutil.Process:
    """The stage's own process below DVC's."""
    found: list[psutil.Process] = []
    while not found:
        assert dvc.poll() is None
        children = psutil.Process(dvc.pid).children(recursive=True)
        found = [child for child in children if child.name().startswith("python") and "stages/" in str(child.cmdline())]
        time.sleep(0.05)
    return found[-1]


def killed(project: Path, command: str, number: signal.Signals) -> str:
    """What a command says whose training is sent a signal on its way; it must fail."""
    started = Started(project, command)
    assert started.wait_until_it_says("img/s=")
    time.sleep(0.5)
    training_process(started.process).send_signal(number)
    assert started.process.wait() != 0
    return started.log.read_text()


def test_an_experiment_in_a_copy_whose_training_was_killed_goes_on(longer: Path) -> None:
    command = "dvc exp run --temp -S seed=5 train@teacher"
    killed(longer, command, signal.SIGKILL)
    assert "goes on from" in call(longer, *command.split())


def test_an_interrupted_stage_is_not_recorded_and_goes_on(longer: Path) -> None:
    """Killed, then interrupted, then ended by a signal, under `dvc exp run` and `dvc repro`."""
    lock, experiment = (longer / "dvc.lock").read_bytes(), "dvc exp run -S seed=6 train@teacher"
    killed(longer, experiment, signal.SIGKILL)
    for command, number in ((experiment, signal.SIGINT), ("dvc repro train@teacher", signal.SIGTERM)):
        said = killed(longer, command, number)
        assert "goes on from" in said and "teacher: interrupted at" in said and "saved" in said
        assert f"exited with {128 + number}" in said
        assert (longer / "dvc.lock").read_bytes() == lock
    assert "goes on from" in call(longer, "dvc", "repro", "train@teacher")


def test_more_training_later_goes_on_from_the_last_state_until_that_is_cleaned_away(stateless: Path) -> None:
    replace(stateless / "params.yaml", "\nseed: 0 ", "\nseed: 7 ")  # a training that DVC has not in its cache
    call(stateless, "dvc", "repro", "train@teacher")
    replace(stateless / "params.yaml", "  teacher: {kimg: 0.16", "  teacher: {kimg: 0.32")
    assert "goes on from 0.16 kimg" in call(stateless, "dvc", "repro", "train@teacher")
    outputs = outputs_of(stateless, "train@teacher")
    more, kept = contents(outputs), stateless / ".frugalgan/snapshots/teacher_7"
    would = call(stateless, "frugalgan", "clean", "--dry-run")
    assert str(kept.relative_to(stateless)) in would and "would be removed" in would
    assert any(kept.glob("*/snapshot.json"))
    assert "MiB removed" in call(stateless, "frugalgan", "clean")
    assert not any(kept.glob("*/snapshot.json"))
    assert call(stateless, "frugalgan", "clean").strip() == "0.0 MiB removed"
    for path in outputs:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert "goes on" not in call(stateless, *command_of(stateless, "train@teacher").split())
    assert contents(outputs) == more
