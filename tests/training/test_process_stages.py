"""The real stage by several processes: one writer, the same model however they start, no hang when one is lost."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from one_training import MODEL, training_command, training_folder, weights, write_params

pytestmark = pytest.mark.slow

TWO: dict[str, Any] = {"training.devices": 2}
ENDLESS = TWO | {"budgets.dogs.kimg": 1600.0}


def start_stage(folder: Path, *launcher: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        training_command(MODEL, launcher or (sys.executable,)),
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


def meeting() -> dict[str, str]:
    """Where two nodes on this machine find each other."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(found.getsockname()[1])}


def test_however_they_are_started_the_model_is_the_same(tmp_path: Path) -> None:
    torchrun = (str(Path(sys.executable).parent / "torchrun"), "--standalone", "--nproc-per-node", "2")
    one_task = slurm_task(0) | dict.fromkeys(("SLURM_NTASKS", "SLURM_NTASKS_PER_NODE", "SLURM_STEP_NUM_TASKS"), "1")
    models = []
    for name, launcher, environment in (("by ourselves", (), one_task), ("torchrun", torchrun, {})):
        folder = training_folder(tmp_path / name, TWO)
        stage = start_stage(folder, *launcher, **environment)
        output = finish(stage)
        assert stage.returncode == 0, output
        models.append(weights(folder / "models" / MODEL, 0))
        assert json.loads((folder / "models" / MODEL / "record/0/record.json").read_text())["processes"] == 2
    folder, where = training_folder(tmp_path / "nodes", TWO | {"training.devices": 1, "training.nodes": 2}), meeting()
    nodes = [start_stage(folder, NODE_RANK=str(rank), **where) for rank in range(2)]
    outputs = [finish(node) for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], outputs
    models.append(weights(folder / "models" / MODEL, 0))
    folder, where = training_folder(tmp_path / "srun", TWO), meeting()
    tasks = [start_stage(folder, **where, **slurm_task(rank)) for rank in range(2)]
    outputs = [finish(task) for task in tasks]
    assert [task.returncode for task in tasks] == [0, 0], outputs
    assert len({*models, weights(folder / "models" / MODEL, 0)}) == 1


def slurm_task(rank: int) -> dict[str, str]:
    """What srun tells one of two tasks on one node."""
    return {
        "SLURM_JOB_ID": "7",
        "SLURM_JOB_NAME": "train",
        "SLURM_NTASKS": "2",
        "SLURM_NTASKS_PER_NODE": "2",
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_NNODES": "1",
        "SLURM_NODELIST": "localhost",
        "SLURM_NODEID": "0",
        "SLURM_PROCID": str(rank),
        "SLURM_LOCALID": str(rank),
    }


def test_two_processes_go_on_together(tmp_path: Path) -> None:
    """Snapshots fall on steps at which nothing else is talked about; more training later is the same."""
    folder, output = training_folder(tmp_path), ""
    for kimg in (0.16, 0.32):
        write_params(folder, TWO | {"budgets.dogs.kimg": kimg, "training.snapshot_kimg": 0.05})
        stage = start_stage(folder)
        output = finish(stage)
        assert stage.returncode == 0, output
    assert "2 processes; " in output and "; goes on from 0.16 kimg" in output
    longer = weights(folder / "models" / MODEL, 0)
    stage = start_stage(folder, FRUGALGAN_FRESH="1")
    assert "goes on" not in finish(stage) and stage.returncode == 0
    assert weights(folder / "models" / MODEL, 0) == longer


def test_machines_with_snapshots_of_their_own_are_told_so(tmp_path: Path) -> None:
    places = [training_folder(tmp_path / name) for name in ("first", "second")]
    for kimg in (0.16, 0.32):
        for place in places:
            write_params(place, {"budgets.dogs.kimg": kimg, "training.nodes": 2})
        where = meeting()
        nodes = [start_stage(place, NODE_RANK=str(rank), **where) for rank, place in enumerate(places)]
        outputs = [finish(node) for node in nodes]
        assert all((node.returncode != 0) == (kimg == 0.32) for node in nodes), outputs
    assert all("let all machines share this folder" in output for output in outputs)
    assert not (places[1] / "models").exists()


@pytest.mark.parametrize("lost", [0, 1])
def test_a_signal_to_one_process_ends_both_saved(tmp_path: Path, lost: int) -> None:
    stage = start_stage(training_folder(tmp_path, ENDLESS))
    parent, child = begun(stage)
    (child if lost else parent).send_signal(signal.SIGTERM)
    output = finish(stage, seconds=60)
    assert stage.returncode == 128 + signal.SIGTERM
    assert "scratch: interrupted at" in output and "saved" in output
    assert has_ended(child)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_process_ends_the_stage_with_an_error(tmp_path: Path, lost: int) -> None:
    stage = start_stage(training_folder(tmp_path, ENDLESS))
    parent, child = begun(stage)
    (child if lost else parent).kill()
    output = finish(stage, seconds=60)
    assert stage.returncode != 0
    assert "lost each other" in output
    psutil.wait_procs([child], timeout=30)
    assert has_ended(child)
    assert not (tmp_path / "models").exists()
