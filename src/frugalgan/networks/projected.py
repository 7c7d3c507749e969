"""FastGAN's generator against a critic that sees images through a frozen network (Sauer et al. 2021, arXiv:2111.01007).

As there: maps of four depths, mixed by fixed random 1×1 convolutions, from deep to shallow, and a head with spectral
normalisation for each. Unlike there: images at 128 px (`side`) instead of 224, fewer channels, no batch statistics in
the heads, and EfficientNet-Lite0, which is there, instead of Lite1. No network of that family may judge such a model.
"""

from itertools import pairwise
from typing import Literal

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.config.sections import STRICT
from frugalgan.data.facts import DataFacts
from frugalgan.networks import Network
from frugalgan.networks.backbones import lite0
from frugalgan.networks.fastgan import FastGan
from frugalgan.networks.spectral import spectral

MAPS = (24, 40, 112, 1280)  # its channels, the largest map first
Side = Literal[64, 128, 256]  # px of what the frozen network is given
SMALLEST = 4  # px at which a head ends


class Mixing(nn.Module):
    """Four maps → four maps of twice the size, deeper ones added to shallower: 1×1 convolutions that never train."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.widths = [width << i for i in range(len(MAPS))]
        after = [width, *self.widths[:-1]]
        for i, (channels, own, out) in enumerate(zip(MAPS, self.widths, after, strict=True)):
            self.register_buffer(f"across_{i}", torch.randn(own, channels, 1, 1) / channels**0.5)
            self.register_buffer(f"down_{i}", torch.randn(out, own, 1, 1) / own**0.5)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        found: list[Tensor] = []
        deeper = 0.0
        for i in reversed(range(len(maps))):
            x = F.conv2d(maps[i], self.get_buffer(f"across_{i}")) + deeper
            x = F.interpolate(x, scale_factor=2, mode="bilinear")
            deeper = F.conv2d(x, self.get_buffer(f"down_{i}"))
            found.append(deeper)
        return found[::-1]


def head(channels: int, size: int) -> nn.Sequential:
    """(N, channels, size, size) → (N, 1, 1, 1)."""
    halvings = (size // SMALLEST).bit_length() - 1
    widths = [channels << i for i in range(halvings + 1)]
    downs = [m for a, b in pairwise(widths) for m in (spectral(nn.Conv2d(a, b, 4, 2, 1)), nn.LeakyReLU(0.2))]
    return nn.Sequential(*downs, spectral(nn.Conv2d(widths[-1], 1, SMALLEST)))


class Critic(Network):
    """(N, channels, S, S) float32 in [-1, 1] → (N, 4) float32, a value of each head."""

    def __init__(self, *, image_size: int, width: int, channels: int, side: int = 128) -> None:
        super().__init__(image_size=image_size, width=width, channels=channels, side=side)
        self.side, self.backbone, self.mixing = side, lite0(), Mixing(width)
        sides = [side >> i for i in range(1, len(MAPS) + 1)]  # of the maps, doubled
        self.heads = nn.ModuleList(
            head(channels, side) for channels, side in zip([width, *self.mixing.widths[:-1]], sides, strict=True)
        )

    @property
    def blocks(self) -> list[nn.Module]:
        return list(self.heads)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = F.interpolate(x.expand(-1, 3, -1, -1), size=(self.side, self.side), mode="bilinear")
        maps = self.mixing(self.backbone(x))
        return torch.cat([self.run(one, seen).flatten(1) for one, seen in zip(self.heads, maps, strict=True)], dim=1)


@dataclass(frozen=True, config=STRICT)
class Projected(FastGan):
    """A section of `networks` of this family; `critic_width`: channels of the shallowest mixed map."""

    side: Side = 128

    def critic(self, data: DataFacts) -> Network:
        if self.classes(data):
            raise ValueError("projected: its critic takes no labels: set conditional: false, or choose another family")
        return Critic(width=self.critic_width, image_size=data.size, channels=data.channels, side=self.side)
