"""Programs that start several processes of one training: torchrun, SLURM's srun, MPI's and LSF's."""

import os
from typing import TYPE_CHECKING

from frugalgan.training.settings import Training

if TYPE_CHECKING:  # imported where it is used, for that takes seconds
    from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment

TORCHRUN, SRUN, JSRUN, MPI = "torchrun", "SLURM (srun)", "LSF (jsrun)", "MPI"
# The variable in which a launcher tells each process how many it started. SLURM_NTASKS is no such: a job has it, too,
# whose script runs once.
TASKS = {
    "SLURM_STEP_NUM_TASKS": SRUN,
    "JSM_NAMESPACE_SIZE": JSRUN,
    "OMPI_COMM_WORLD_SIZE": MPI,
    "PMI_SIZE": MPI,
}


class LauncherError(ValueError):
    """Others started the processes, and not as many as section `training` asks for; the message names them."""


def launcher() -> tuple[str, int]:
    """Who started this process, and how many there are of it; ("", 1) where nobody did who says so.

    Raises LauncherError where the number is none.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ:  # first, for it runs within SLURM, too
        return TORCHRUN, _count(TORCHRUN, "WORLD_SIZE")
    for variable, name in TASKS.items():
        if variable in os.environ:
            return name, _count(name, variable)
    return "", 1


def check_launcher(training: Training) -> None:
    """Raise LauncherError unless there are all processes that section `training` asks for, or one that may start the
    others, before anybody waits for one that never comes."""
    name, launched = launcher()
    wanted = training.devices * training.nodes
    asked = f"training.devices × training.nodes = {training.devices} × {training.nodes} = {wanted}"
    if launched != wanted and (launched > 1 or name == TORCHRUN):
        other = "" if name == TORCHRUN else ", or one alone, which starts the others of its machine"
        raise LauncherError(
            f"{name} started {_processes(launched)}, but {asked}: let it start {wanted}{other}, or change params.yaml"
        )
    if launched == 1 and training.nodes > 1 and "MASTER_ADDR" not in os.environ:
        raise LauncherError(
            f"training.nodes: {training.nodes}, but nothing says where the first machine is: start the stage with "
            "torchrun on each (README: beyond one machine), or with srun as as many tasks as processes, or set "
            "MASTER_ADDR, MASTER_PORT and NODE_RANK; for one machine set nodes to 1"
        )


def environment() -> "ClusterEnvironment":
    """How these processes find each other. One that is alone starts the others of its machine, in a cluster, too."""
    from lightning_fabric.plugins.environments.lightning import LightningEnvironment
    from lightning_fabric.plugins.environments.lsf import LSFEnvironment
    from lightning_fabric.plugins.environments.mpi import MPIEnvironment
    from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
    from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment

    name, launched = launcher()
    if name == TORCHRUN:
        return TorchElasticEnvironment()
    if launched == 1:
        return LightningEnvironment()
    if name == SRUN:
        return SLURMEnvironment()
    if name == JSRUN:
        return LSFEnvironment()
    if not MPIEnvironment.detect():
        raise LauncherError(f"{MPI} started {_processes(launched)}: that needs `pip install mpi4py`; or use torchrun")
    return MPIEnvironment()


def _processes(count: int) -> str:
    return f"{count} process{'es' * (count != 1)} of this training"


def _count(name: str, variable: str) -> int:
    value = os.environ.get(variable, "")
    if not value.isdecimal() or int(value) < 1:
        raise LauncherError(f"{name}: {variable} is {value!r}, where the number of its processes should stand")
    return int(value)
