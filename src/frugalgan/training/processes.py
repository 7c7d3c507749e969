"""The processes that train together: how many section `training` asks for, and what they say to each other."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from frugalgan.methods.gradients import identity
from frugalgan.training.settings import Training

if TYPE_CHECKING:  # imported where it is used, for that takes seconds
    from lightning_fabric import Fabric


def count_processes(training: Training, device: torch.device) -> int:
    """Processes on all nodes together: one per GPU, or as many as asked for on a CPU. Raises ValueError."""
    there = torch.cuda.device_count() if device.type == "cuda" else os.cpu_count() or 1
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
    """The processes that train together, started where `torchrun` has not. Sets what is global in a process, too.

    Every process runs the stage's script from its beginning and comes out of this function with its own rank.
    """
    if device.type == "cuda":
        convolutions = torch.backends.cudnn.conv  # pyright: ignore[reportAttributeAccessIssue]
        convolutions.fp32_precision = "tf32" if training.tf32 else "ieee"
        torch.backends.cuda.matmul.fp32_precision = "tf32" if training.tf32 else "ieee"
    if count_processes(training, device) == 1:
        return Processes(device)
    from lightning_fabric import Fabric

    fabric = Fabric(
        accelerator=device.type, devices=training.devices, num_nodes=training.nodes, strategy=training.strategy
    )
    fabric.launch()
    return Processes(fabric.device, fabric.global_rank, fabric.world_size, mean_over(fabric))


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
