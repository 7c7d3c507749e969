"""Several processes train as one would: the same updates, one writer, and no hang when one of them is lost."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from lightning_fabric import Fabric
from one_training import training_command, training_folder, write_params
from pipeline import PROJECT
from small import (
    CPU,
    METHODS,
    assert_close,
    conditions_of,
    gradients,
    hardly_moving,
    labelled,
    labelled_noise,
    noise_images,
    per_sample,
    state_of,
)
from torch import Tensor

from frugalgan.config import params
from frugalgan.data.batches import Images
from frugalgan.methods.gradients import alone
from frugalgan.methods.base import Method
from frugalgan.training.processes import count_processes, mean_over
from frugalgan.training.state import Conditions

PROCESSES, BATCH = 2, 8


def updates(method: Method, images: Images, mean: Any = alone) -> list[Tensor]:
    """Gradients of one short step, without batch statistics."""
    once = hardly_moving(per_sample(method))
    conditions = conditions_of(critic_parts=2)
    state = state_of(once, conditions=conditions)
    state.networks.G.eval()
    once.step(state.networks, state.optimizers, lambda: images.batch(4, BATCH), conditions.descent(mean))
    return gradients(state)


def share(fabric: Fabric, folder: Path) -> None:
    """What each process does."""
    images = replace(labelled(folder), rank=fabric.global_rank, processes=fabric.world_size)
    found = {name: updates(method, images, mean_over(fabric)) for name, method in METHODS.items()}
    torch.save(found, folder / f"{fabric.global_rank}.pt")


@pytest.mark.slow
def test_two_processes_make_the_update_of_one(tmp_path: Path) -> None:
    images = labelled_noise(tmp_path, 20)
    fabric = Fabric(accelerator="cpu", devices=PROCESSES, strategy="ddp_spawn")
    fabric.launch(share, tmp_path)  # pyright: ignore[reportArgumentType]
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(PROCESSES))
    for name, method in METHODS.items():
        alone_ = updates(method, images)
        assert all(map(torch.equal, first[name], second[name])), name
        assert_close(first[name], alone_, rtol=1e-5)


# --- the real stage ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A training by two processes."""
    return training_folder(tmp_path, devices=2)


def start_stage(folder: Path, name: str, *launcher: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        training_command(name, launcher or (sys.executable,)),
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,  # sums depend on the number of threads
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(stage: subprocess.Popen[str], seconds: float = 120) -> str:
    try:
        output, _ = stage.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(stage.pid, signal.SIGKILL)
        raise
    return output


def begun(stage: subprocess.Popen[str]) -> tuple[psutil.Process, psutil.Process]:
    """Both processes, once they have trained past their first snapshot."""
    assert stage.stdout is not None
    shown = ""
    while not re.search(r"0\.[1-9]\d/.* kimg", shown):
        character = stage.stdout.read(1)
        assert character, shown
        shown += character
    (child,) = psutil.Process(stage.pid).children()
    return psutil.Process(stage.pid), child


def has_ended(process: psutil.Process) -> bool:
    """Though nobody may have asked for its exit code yet."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


@pytest.mark.slow
def test_however_they_are_started_the_model_is_the_same(folder: Path) -> None:
    torchrun = (str(Path(sys.executable).parent / "torchrun"), "--standalone", "--nproc-per-node", "2")
    for name, launcher in (("fabric", ()), ("torchrun", torchrun)):
        stage = start_stage(folder, name, *launcher)
        output = finish(stage)
        assert stage.returncode == 0, output
    write_params(folder, training={"nodes": 2})
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    nodes = [start_stage(folder, f"node{rank}", NODE_RANK=str(rank), **meeting) for rank in range(2)]
    outputs = [finish(node) for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], outputs
    assert not (folder / "node1").exists()
    weights = [folder / name / "scratch/generator.safetensors" for name in ("fabric", "torchrun", "node0")]
    assert len({file.read_bytes() for file in weights}) == 1


@pytest.mark.slow
def test_two_processes_go_on_together(folder: Path) -> None:
    """Snapshots fall on steps at which nothing else is talked about; more training later is the same."""
    for name, epochs in (("short", 0.3), ("longer", 0.6)):
        write_params(folder, scale={"model_2_epochs": epochs, "snapshot_kimg": 0.05}, training={"devices": 2})
        stage = start_stage(folder, name)
        output = finish(stage)
        assert stage.returncode == 0, output
    assert "scratch: goes on from 0.48 kimg" in output
    stage = start_stage(folder, "whole", FRUGALGAN_FRESH="1")
    assert "goes on" not in finish(stage) and stage.returncode == 0
    longer, whole = (folder / name / "scratch/generator.safetensors" for name in ("longer", "whole"))
    assert longer.read_bytes() == whole.read_bytes()


@pytest.mark.slow
def test_machines_with_snapshots_of_their_own_are_told_so(folder: Path) -> None:
    write_params(folder, training={"nodes": 2})
    for place in ("first", "second"):
        shutil.copytree(folder / "data", folder / place / "data")
        shutil.copy(folder / "params.yaml", folder / place)
    for epochs in (0.1, 0.2):
        for place in ("first", "second"):
            write_params(folder / place, scale={"model_2_epochs": epochs}, training={"nodes": 2})
        meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
        places = enumerate(("first", "second"))
        nodes = [start_stage(folder / place, "out", NODE_RANK=str(rank), **meeting) for rank, place in places]
        outputs = [finish(node) for node in nodes]
        assert all((node.returncode != 0) == (epochs == 0.2) for node in nodes), outputs
    assert all("let all machines share this folder" in output for output in outputs)


@pytest.mark.slow
@pytest.mark.parametrize("lost", [0, 1])
def test_a_signal_to_one_process_ends_both_saved(folder: Path, lost: int) -> None:
    write_params(folder, scale={"model_2_epochs": 1000.0}, training={"devices": 2})
    stage = start_stage(folder, "model")
    parent, child = begun(stage)
    (child if lost else parent).send_signal(signal.SIGTERM)
    output = finish(stage, seconds=60)
    assert stage.returncode == 128 + signal.SIGTERM
    assert "scratch: interrupted at" in output and "saved" in output
    assert has_ended(child)
    assert not (folder / "model").exists()


@pytest.mark.slow
@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_process_ends_the_stage_with_an_error(folder: Path, lost: int) -> None:
    write_params(folder, scale={"model_2_epochs": 1000.0}, training={"devices": 2})
    stage = start_stage(folder, "model")
    parent, child = begun(stage)
    (child if lost else parent).kill()
    output = finish(stage, seconds=60)
    assert stage.returncode != 0
    assert "lost each other" in output
    psutil.wait_procs([child], timeout=30)
    assert has_ended(child)
    assert not (folder / "model").exists()


def test_more_processes_than_there_are_places_for(monkeypatch: pytest.MonkeyPatch) -> None:
    training = replace(params.load(PROJECT / "params.yaml").training, devices=3, device="cpu")
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with pytest.raises(ValueError, match=r"training\.devices: 3, but there are 2 processor cores here"):
        count_processes(training, CPU)
    assert count_processes(replace(training, devices=2, nodes=4), CPU) == 8


def test_a_batch_that_cannot_be_shared_is_refused_before_training() -> None:
    conditions = Conditions(CPU, torch.float32, 0.0, accumulate=2, critic_parts=4, processes=2)
    conditions.check_batch(32)
    with pytest.raises(ValueError, match=r"a batch of 24 is no multiple of .* = 2 × 2 × 4 = 16; change these"):
        conditions.check_batch(24)


@pytest.mark.slow
def test_processes_train_one_seed_after_the_other(tmp_path: Path) -> None:
    training_folder(tmp_path, devices=2)
    np.save(tmp_path / "data/images.npy", noise_images(24)[:, :1])
    np.save(tmp_path / "data/labels.npy", np.arange(24, dtype=np.uint8) % 10)
    stage = subprocess.run(
        [sys.executable, str(PROJECT / "stages/train_over_seeds.py"), "data", "digits_cdcgan"],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert stage.returncode == 0, stage.stderr
    costs = [json.loads((tmp_path / "digits_cdcgan" / f"{seed}.json").read_text()) for seed in (0, 1, 2)]
    assert [cost["seed"] for cost in costs] == [0, 1, 2] and {cost["processes"] for cost in costs} == {2}
    weights = [(tmp_path / "digits_cdcgan" / str(seed) / "generator.safetensors").read_bytes() for seed in (0, 1, 2)]
    assert len(set(weights)) == 3
