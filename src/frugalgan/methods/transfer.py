"""Transfer learning: ordinary training on new images, from a trained model, with some of its layers frozen."""

from typing import Annotated, Literal

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from frugalgan.methods.base import Networks, Shape, Source, freeze_layers
from frugalgan.methods.wgan_gp import CriticFunction, WganGp
from frugalgan.networks import Network
from frugalgan.sections import STRICT

Layers = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, config=STRICT)
class Transfer(WganGp):
    """WGAN-GP from the source's weights, without the generator's layers nearest z and the critic's nearest the image.

    Frozen generator layers: the thesis (global features such as colour and gaze live near z). Frozen critic layers:
    FreezeD (Mo et al. 2020, arXiv:2002.10964).

    `penalty_at` "features" takes the critic's frozen layers as a fixed function h and the rest as the critic f:
    loss_D = E[f(h(G(z)))] − E[f(h(x))] + λ E[(‖∇_y f(y)‖₂ − 1)²], y = ε h(x) + (1 − ε) h(G(z)).
    f is then held to slope 1 in the features instead of the image, so it is another critic, for which nothing has to
    go back through the frozen layers.
    """

    frozen_generator_layers: Layers
    frozen_critic_layers: Layers
    penalty_at: Literal["image", "features"]

    def build(self, shape: Shape, source: Source | None) -> Networks:
        if not isinstance(source, Networks):
            raise ValueError("transfer learning needs a trained model to start from: pass its folder")
        networks = super().build(shape, None)
        networks.G.load_state_dict(source.G.state_dict(), strict=True)
        networks.D.load_state_dict(source.D.state_dict(), strict=True)
        return networks

    def freeze(self, networks: Networks) -> None:
        _freeze_first(networks.G, self.frozen_generator_layers, "transfer.frozen_generator_layers")
        _freeze_first(networks.D, self.frozen_critic_layers, "transfer.frozen_critic_layers")

    def critic_view(self, networks: Networks, real: Tensor, fake: Tensor) -> tuple[CriticFunction, Tensor, Tensor]:
        if self.penalty_at == "image":
            return super().critic_view(networks, real, fake)
        D, frozen = networks.D, self.frozen_critic_layers
        with torch.no_grad():
            real, fake = D.through(torch.cat([real, fake]), stop=frozen).chunk(2)
        return lambda features, labels: D.through(features, start=frozen).flatten(), real, fake


def _freeze_first(network: Network, n: int, key: str) -> None:
    if n >= len(network.layers):
        raise ValueError(f"{key}: {n} is not allowed: the network has {len(network.layers)} layers, one must train")
    freeze_layers(nn.ModuleList(network.layers[:n]))
