"""The processes that train together: how many section `training` asks for, and what they say to each other."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from frugalgan.methods.gradients import identity
from frugalgan.training.launchers import LauncherError, check_launcher, environment
from frugalgan.training.settings import Training

if TYPE_CHECKING:  # imported where it is used, for that takes seconds
    from lightning_fabric import Fabric


def count_processes(training: Training, device: torch.device) -> int:
    """Processes on all nodes together: one per GPU, or as many as asked for on a CPU. Raises ValueError."""
    there = {"cuda": torch.cuda.device_count(), "mps": 1}.get(device.type, os.cpu_count() or 1)
    if training.devices > there:
        what = "GPUs" if device.type == "cuda" else "processor cores"
        raise ValueError(f"training.devices: {training.devices}, but there are {there} {what} here; lower it")
    return training.devices * training.nodes


@dataclass(frozen=True)
class Processes:
    """This process among those that train together."""

    device: torch.device
    rank: int = 0
    count: int = 1
    mean: Callable[[Tensor], Tensor] = identity  # of a tensor over all of them, in place


def open_processes(training: Training, device: torch.device) -> Processes:
    """The processes that train together, started where no launcher has. Sets what is global in a process, too.

    Every process runs the stage's script from its beginning and comes out of this function with its own rank. Raises
    LauncherError where there are, or would be, others than section `training` asks for.
    """
    if device.type == "cuda":
        set_tf32(training.tf32)
    count = count_processes(training, device)
    check_launcher(training)
    if count == 1:
        return Processes(device)
    from lightning_fabric import Fabric

    fabric = Fabric(
        accelerator=device.type,
        devices=training.devices,
        num_nodes=training.nodes,
        strategy=training.strategy,
        plugins=environment(),  # else Fabric takes a cluster's variables to mean that all processes are there already
    )
    fabric.launch()
    if fabric.world_size != count:
        raise LauncherError(f"training.devices × nodes asks for {count} processes, but there are {fabric.world_size}")
    return Processes(fabric.device, fabric.global_rank, fabric.world_size, mean_over(fabric))


def set_tf32(allowed: bool) -> None:
    """Whether float32 products on CUDA may have 10 bits of mantissa: by the settings that other libraries read, too.

    PyTorch's newer `fp32_precision` alone makes the older getters raise, which Fabric calls.
    """
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    torch.backends.cudnn.allow_tf32 = allowed


def mean_over(fabric: "Fabric") -> Callable[[Tensor], Tensor]:
    """The mean of a tensor over all processes, in place. The function raises RuntimeError where one of them is gone."""

    def mean(tensor: Tensor) -> Tensor:
        try:
            reduced = fabric.all_reduce(tensor, reduce_op="mean")
        except RuntimeError as error:
            raise RuntimeError(
                "the processes of this training lost each other: one may be gone, and if it could still say why, that "
                f"stands above; repair it and run the stage again: it goes on from the last snapshot ({error})"
            ) from None
        assert isinstance(reduced, Tensor)
        return reduced

    return mean
