"""BigGAN's critic."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.networks import Network
from frugalgan.networks.biggan.blocks import Down, Head, of_size, with_attention
from frugalgan.networks.layers import Layers

# Channels between blocks, as multiples of the width, and how many blocks halve the map.
CHANNELS = {32: (4, 4, 4, 4), 64: (1, 2, 4, 8, 16), 128: (1, 2, 4, 8, 16, 16)}
HALVINGS = {32: 2, 64: 4, 128: 5}


@dataclass(frozen=True)
class Sizes:
    """What a critic is built of."""

    image_size: int
    channels: int
    width: int
    classes: int
    attention: int
    spectral: bool
    projection: bool  # labels meet the features of the last map; without it they are channels of the image
    initialisation: str


class Critic(Network):
    """(N, channels, S, S) float32 in [-1, 1] → (N,) float32: built of `Sizes`."""

    def __init__(self, **sizes: Any) -> None:
        super().__init__(**sizes)
        of = Sizes(**sizes)
        layers = Layers(of.initialisation, of.spectral)
        behind = [of.width * multiple for multiple in of_size(CHANNELS, of.image_size)]
        before = [of.channels + (0 if of.projection else of.classes), *behind]
        halvings = HALVINGS[of.image_size]
        downs: list[nn.Module] = [
            Down(a, b, layers, first=place == 0, halve=place < halvings)
            for place, (a, b) in enumerate(pairwise(before))
        ]
        sides = [of.image_size >> min(place + 1, halvings) for place in range(len(downs))]
        self.middle = nn.ModuleList(with_attention(downs, behind, sides, of.attention, layers))
        self.head = Head(behind[-1], of.classes if of.projection else 0, layers)

    @property
    def blocks(self) -> list[nn.Module]:
        return [*self.middle, self.head]

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        y = self.labels(y) if self.classes else None
        if y is not None and not self.arguments["projection"]:
            labels = F.one_hot(y, self.classes).to(x.dtype)[:, :, None, None]
            x = torch.cat([x, labels.expand(-1, -1, *x.shape[2:])], dim=1)
        for block in self.middle:
            x = self.run(block, x)
        return self.run(self.head, x, y)
