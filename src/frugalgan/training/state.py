"""All that changes in training, and how it begins."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.optim.swa_utils import AveragedModel

from frugalgan.data.batches import stream_seed
from frugalgan.device import autocast, choose_device, choose_precision
from frugalgan.methods.base import Optimizers
from frugalgan.methods.gradients import Accumulation, identity
from frugalgan.methods.start import Source, freeze, started
from frugalgan.networks.parts import Networks
from frugalgan.training.ema import averaged
from frugalgan.training.memory import state_tensors
from frugalgan.training.processes import count_processes
from frugalgan.training.recipe import Job, Recipe, check_networks


@dataclass
class State:
    """All that changes in training."""

    networks: Networks
    optimizers: Optimizers
    ema: AveragedModel | None
    nimg: int = 0

    def trainable(self) -> list[nn.Parameter]:
        """The parameters that training changes."""
        return self.networks.trainable()

    def live(self) -> dict[str, list[Tensor]]:
        """The tensors that live between two steps, by kind."""
        modules: list[nn.Module] = [*self.networks.parts.values(), *self.networks.only_read()]
        modules += [kept for kept in (self.ema, self.networks.means) if kept is not None]
        return state_tensors(modules, self.optimizers.values())

    def state_dict(self) -> dict[str, Any]:
        """All of it but the teacher, which does not change."""
        return {name: part.state_dict() for name, part in self._parts().items()} | {"nimg": self.nimg}

    def load_state_dict(self, kept: dict[str, Any]) -> None:
        """Go on from what `state_dict` said."""
        for name, part in self._parts().items():
            part.load_state_dict(kept[name])
        self.nimg = kept["nimg"]

    def _parts(self) -> dict[str, nn.Module | optim.Optimizer]:
        parts: dict[str, nn.Module | optim.Optimizer] = dict(self.networks.parts)
        parts |= {f"{name}'s optimizer": optimizer for name, optimizer in self.optimizers.items()}
        kept = {"ema": self.ema, "means": self.networks.means}
        return parts | {name: module for name, module in kept.items() if module is not None}


@dataclass(frozen=True)
class Conditions:
    """What is equal for all methods and decides how a step is computed."""

    device: torch.device
    precision: torch.dtype
    ema_decay: float
    accumulate: int = 1
    critic_parts: int = 1
    term_by_term: bool = True
    recompute: bool = False
    compile: bool = False
    channels_last: bool = False
    processes: int = 1  # on all nodes together

    @classmethod
    def of(cls, job: Job) -> "Conditions":
        """Those that the job asks for, on this machine. Raises ValueError where it can't have them."""
        training = job.training
        device = choose_device(training.device)
        return cls(
            device=device,
            precision=choose_precision(training.precision, device, faster_bf16=job.recipe.family.faster_bf16),
            ema_decay=job.recipe.method.ema_decay(job.batch_size, training.ema_decay),
            accumulate=training.accumulate,
            critic_parts=training.critic_parts,
            term_by_term=training.term_by_term,
            recompute=training.recompute,
            compile=training.compile,
            channels_last=_channels_last(job, device),
            processes=count_processes(training, device),
        )

    @property
    def parts(self) -> int:
        """In how many parts all processes together take a batch: its size must be a multiple."""
        return self.processes * self.accumulate * self.critic_parts

    def check_batch(self, batch_size: int) -> None:
        """Raise ValueError where a batch of that size can't be split as these conditions ask for."""
        if batch_size % self.parts:
            asked = f"{self.processes} × {self.accumulate} × {self.critic_parts} = {self.parts}"
            raise ValueError(
                f"a batch of {batch_size} is no multiple of devices × nodes × accumulate × critic_parts = {asked}; "
                "change these in section training, or the budget's batch_size"
            )

    def accumulation(self, mean_of_processes: Callable[[Tensor], Tensor] = identity) -> Accumulation:
        """How a step's gradients are gathered."""
        return Accumulation(self.accumulate, self.critic_parts, self.term_by_term, mean_of_processes)


def _channels_last(job: Job, device: torch.device) -> bool:
    """Whether that is the layout of the convolutions; auto: of networks that were faster so, where they were."""
    asked = job.training.channels_last
    return device.type == "cpu" and job.recipe.family.faster_channels_last if asked == "auto" else asked


def begin(recipe: Recipe, source: Source | None, conditions: Conditions, *, kimg: float, seed: int) -> State:
    """Networks, optimisers and running average before the first step; new weights follow from `seed`.

    `source` is what the recipe starts or learns from; `kimg` the budget, of which the generator may wait a share.
    Raises StartError, and ValueError where networks do not offer what is asked of them.
    """
    torch.manual_seed(stream_seed(seed))
    networks = started(recipe.start, recipe.networks(), source, kimg)
    computing = autocast(conditions.precision, conditions.device)
    for network in networks.all():
        network.autocast, network.recompute = computing, conditions.recompute
        tensor = next(chain(network.parameters(), network.buffers()))
        if tensor.device != conditions.device:  # planning's fake tensors can't be moved
            network.to(conditions.device)
        if conditions.channels_last:
            for tensor in chain(network.parameters(), network.buffers()):  # Module.to cannot do it to fake tensors
                if tensor.dim() == 4:
                    tensor.data = tensor.data.to(memory_format=torch.channels_last)  # 1×1 kernels' strides, too
    if networks.means is not None and conditions.device.type != "cpu":
        networks.means.to(conditions.device)
    if conditions.compile:
        networks.G.compile()  # not a critic's: compiled code has no second derivatives, which a penalty needs
    for network in networks.parts.values():
        network.train()
    freeze(recipe.start, networks)
    check_networks(recipe, networks, recompute=conditions.recompute)
    decay = conditions.ema_decay if recipe.method.averages_generator else 0.0
    return State(networks, recipe.method.optimizers(networks), averaged(networks.G, decay))
