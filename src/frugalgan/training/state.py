"""All that changes in training, and how it begins."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from frugalgan.dataset import stream_seed
from frugalgan.methods.base import Method, Networks, Optimizers, Shape, trained
from frugalgan.params import Training
from frugalgan.training.cost import state_tensors
from frugalgan.training.ema import averaged
from frugalgan.training.hardware import choose_device, choose_precision


@dataclass
class State:
    """All that changes in training."""

    networks: Networks
    optimizers: Optimizers
    ema: AveragedModel | None
    nimg: int = 0

    def trained(self) -> list[nn.Parameter]:
        """The parameters that training changes."""
        return [*trained(self.networks.G), *trained(self.networks.D)]

    def live(self) -> dict[str, list[Tensor]]:
        """The tensors that live between two steps, by kind."""
        modules: list[nn.Module] = [self.networks.G, self.networks.D]
        modules += [module for module in (self.networks.teacher, self.ema) if module is not None]
        return state_tensors(modules, (self.optimizers.G, self.optimizers.D))


@dataclass(frozen=True)
class Conditions:
    """What is equal for all methods and decides how a step is computed."""

    device: torch.device
    precision: torch.dtype
    ema_decay: float
    accumulate: int = 1

    @classmethod
    def of(cls, training: Training) -> "Conditions":
        """Those that section `training` asks for, on this machine. Raises ValueError where it can't have them."""
        device = choose_device(training.device)
        precision = choose_precision(training.precision, device)
        return cls(device, precision, training.ema_decay, training.accumulate)


def start(method: Method, shape: Shape, source: Networks | None, conditions: Conditions, *, seed: int) -> State:
    """Networks, optimisers and running average before the first step; new weights follow from `seed`."""
    torch.manual_seed(stream_seed(seed))
    networks = method.build(shape, source)
    for network in (networks.G, networks.D, networks.teacher):
        if network is not None:
            network.precision = conditions.precision
            if next(network.parameters()).device != conditions.device:  # planning's fake tensors can't be moved
                network.to(conditions.device)
    networks.G.train()
    networks.D.train()
    method.freeze(networks)
    return State(networks, method.optimizers(networks), averaged(networks.G, conditions.ema_decay))
