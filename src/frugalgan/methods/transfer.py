"""Transfer learning: ordinary training on new images, from a trained model, with some of its layers frozen."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import nn

from frugalgan.methods.base import Networks, Shape, freeze_layers
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.networks import Network
from frugalgan.params import STRICT

Layers = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, config=STRICT)
class Transfer(WganGp):
    """WGAN-GP from the source's weights, without the generator's layers nearest z and the critic's nearest the image.

    Frozen generator layers: the thesis (global features such as colour and gaze live near z). Frozen critic layers:
    FreezeD (Mo et al. 2020, arXiv:2002.10964).
    """

    frozen_generator_layers: Layers
    frozen_critic_layers: Layers

    def build(self, shape: Shape, source: Networks | None) -> Networks:
        if source is None:
            raise ValueError("transfer learning needs a trained model to start from: pass its folder")
        networks = super().build(shape, None)
        networks.G.load_state_dict(source.G.state_dict(), strict=True)
        networks.D.load_state_dict(source.D.state_dict(), strict=True)
        return networks

    def freeze(self, networks: Networks) -> None:
        _freeze_first(networks.G, self.frozen_generator_layers, "transfer.frozen_generator_layers")
        _freeze_first(networks.D, self.frozen_critic_layers, "transfer.frozen_critic_layers")


def _freeze_first(network: Network, n: int, key: str) -> None:
    if n >= len(network.layers):
        raise ValueError(f"{key}: {n} is not allowed: the network has {len(network.layers)} layers, one must train")
    freeze_layers(nn.ModuleList(network.layers[:n]))
