"""As many processes as asked for, whoever starts them; or an error that names who did, before anybody waits."""

from dataclasses import replace

import pytest
import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from one_training import MODEL, ROW, study_of
from small import CPU

from frugalgan.training.job import job
from frugalgan.training.launchers import TASKS, LauncherError, check_launcher, environment, launcher
from frugalgan.training.processes import open_processes, set_tf32

TRAINING = replace(job(study_of({MODEL: ROW}), MODEL).training, device="cpu")
TORCHRUN = {"TORCHELASTIC_RUN_ID": "none", "LOCAL_RANK": "0", "RANK": "0"}
SLURM_JOB = {
    "SLURM_JOB_ID": "7",
    "SLURM_JOB_NAME": "train",
    "SLURM_NTASKS": "1",
    "SLURM_PROCID": "0",
    "SLURM_LOCALID": "0",
    "SLURM_NODEID": "0",
    "SLURM_NODELIST": "localhost",
}


@pytest.fixture(autouse=True)
def nobody_started_this(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*TORCHRUN, *SLURM_JOB, *TASKS, "WORLD_SIZE", "MASTER_ADDR"):
        monkeypatch.delenv(variable, raising=False)


def started_by(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)


@pytest.mark.parametrize(
    "variables", [{}, SLURM_JOB, SLURM_JOB | {"SLURM_NTASKS": "2"}, *({one: "1"} for one in TASKS)]
)
def test_one_process_starts_the_others_in_a_cluster_too(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    started_by(monkeypatch, **variables)
    check_launcher(replace(TRAINING, devices=2))
    assert isinstance(environment(), LightningEnvironment)


@pytest.mark.parametrize("variable", TASKS)
@pytest.mark.parametrize("devices", [1, 2])
def test_another_number_than_asked_for_names_the_launcher(
    monkeypatch: pytest.MonkeyPatch, variable: str, devices: int
) -> None:
    started_by(monkeypatch, **{variable: "3"})
    with pytest.raises(
        LauncherError, match=rf"{launcher()[0][:4]}.* started 3 processes .* {devices} × 1 = {devices}: let it"
    ):
        open_processes(replace(TRAINING, devices=devices), CPU)


@pytest.mark.parametrize(("world", "devices"), [("1", 2), ("2", 1), ("4", 2)])
def test_torchrun_must_start_all_of_them(monkeypatch: pytest.MonkeyPatch, world: str, devices: int) -> None:
    started_by(monkeypatch, **TORCHRUN, WORLD_SIZE=world)
    with pytest.raises(LauncherError, match=rf"torchrun started {world} process.*: let it start {devices}, or change"):
        open_processes(replace(TRAINING, devices=devices), CPU)


def test_all_that_a_launcher_started_find_each_other_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    started_by(
        monkeypatch, **SLURM_JOB | {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", "SLURM_STEP_NUM_TASKS": "2"}
    )
    check_launcher(replace(TRAINING, devices=2))
    assert isinstance(environment(), SLURMEnvironment)
    started_by(monkeypatch, **TORCHRUN, WORLD_SIZE="2")  # within SLURM
    assert isinstance(environment(), TorchElasticEnvironment)


def test_mpi_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    started_by(monkeypatch, OMPI_COMM_WORLD_SIZE="2")
    with pytest.raises(
        LauncherError, match=r"MPI started 2 processes of this training: that needs `pip install mpi4py`"
    ):
        environment()


def test_several_machines_need_to_know_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LauncherError, match=r"training\.nodes: 2, but nothing says where the first machine is"):
        check_launcher(replace(TRAINING, nodes=2))
    started_by(monkeypatch, MASTER_ADDR="first")
    check_launcher(replace(TRAINING, nodes=2))


@pytest.mark.parametrize("value", ["", "two", "0", "-1"])
def test_a_number_of_processes_that_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    started_by(monkeypatch, SLURM_STEP_NUM_TASKS=value)
    with pytest.raises(LauncherError, match=rf"SLURM \(srun\): SLURM_STEP_NUM_TASKS is '{value}'"):
        launcher()


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("before", [None, "tf32", "ieee"])
def test_tf32_is_set_so_that_old_and_new_settings_can_be_read(allowed: bool, before: str | None) -> None:
    """Fabric reads the old ones; the new alone would make them raise."""
    try:
        if before:  # as another library may have left it
            torch.backends.cuda.matmul.fp32_precision = before
            torch.backends.cudnn.conv.fp32_precision = before  # pyright: ignore[reportAttributeAccessIssue]
        set_tf32(allowed)
        assert torch.get_float32_matmul_precision() == ("high" if allowed else "highest")
        assert torch.backends.cuda.matmul.allow_tf32 == torch.backends.cudnn.allow_tf32 == allowed
        assert torch.backends.cuda.matmul.fp32_precision == ("tf32" if allowed else "ieee")
    finally:
        torch.set_float32_matmul_precision("highest")
        torch.backends.cudnn.allow_tf32 = True
