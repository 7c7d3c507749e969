"""All that changes in training, and how it begins."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from frugalgan.dataset import stream_seed
from frugalgan.methods.base import Method, Networks, Optimizers, Shape, trained
from frugalgan.training.cost import state_tensors
from frugalgan.training.ema import averaged


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


def start(
    method: Method,
    shape: Shape,
    source: Networks | None,
    *,
    seed: int,
    device: torch.device,
    precision: torch.dtype,
    ema_decay: float,
) -> State:
    """Networks, optimisers and running average before the first step; new weights follow from `seed`."""
    torch.manual_seed(stream_seed(seed))
    networks = method.build(shape, source)
    for network in (networks.G, networks.D, networks.teacher):
        if network is not None:
            network.precision = precision
            if next(network.parameters()).device != device:  # planning's fake tensors can't be moved
                network.to(device)
    networks.G.train()
    networks.D.train()
    method.freeze(networks)
    return State(networks, method.optimizers(networks), averaged(networks.G, ema_decay))
