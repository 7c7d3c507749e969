"""BigGAN's generator."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.networks import Network
from frugalgan.networks.biggan.blocks import START, Stem, Up, of_size, with_attention
from frugalgan.networks.layers import Layers

CHANNELS = {32: (4, 4, 4, 4), 64: (16, 16, 8, 4, 2), 128: (16, 16, 8, 4, 2, 1)}  # between blocks, times the width


@dataclass(frozen=True)
class Sizes:
    """What a generator is built of."""

    image_size: int
    channels: int
    latent_size: int
    width: int
    classes: int
    attention: int
    spectral: bool
    embedded: int  # numbers of the labels' shared embedding; 0: each norm has its own
    skip_z: bool  # z is cut into equal parts, the first for the stem, one for each block
    conditional_norm: bool  # without it labels go into the stem, beside z
    initialisation: str


class Generator(Network):
    """(N, latent_size) float32, standard normal → (N, channels, S, S) in [-1, 1], S 32, 64 or 128: built of `Sizes`."""

    def __init__(self, **sizes: Any) -> None:
        super().__init__(**sizes)
        of = Sizes(**sizes)
        layers = Layers(of.initialisation, of.spectral)
        widths = [of.width * multiple for multiple in of_size(CHANNELS, of.image_size)]
        blocks = len(widths) - 1
        if of.skip_z and of.latent_size % (blocks + 1):
            raise ValueError(
                f"latent_size {of.latent_size}: with skip_z it must be a multiple of {blocks + 1}, a part for the "
                f"first layer and for each of {blocks} blocks"
            )
        self.part = of.latent_size // (blocks + 1) if of.skip_z else of.latent_size
        in_norms, beside_z = (of.classes, 0) if of.conditional_norm else (0, of.classes)
        self.stem = Stem(self.part + beside_z, widths[0], in_norms, of.embedded, layers)
        shared = of.embedded if in_norms else 0
        condition, own = shared + (self.part if of.skip_z else 0), 0 if shared else in_norms
        ups: list[nn.Module] = [Up(a, b, own, condition, layers) for a, b in pairwise(widths)]
        sides = [2 * START << i for i in range(blocks)]
        self.middle = nn.ModuleList(with_attention(ups, widths[1:], sides, of.attention, layers))
        self.head = nn.Sequential(
            nn.BatchNorm2d(widths[-1]), nn.ReLU(), layers.conv(widths[-1], of.channels, 3), nn.Tanh()
        )

    @property
    def blocks(self) -> list[nn.Module]:
        return [self.stem, *self.middle, self.head]

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        y = self.labels(y) if self.classes else None
        z, *parts = x.split(self.part, dim=1)
        if y is not None and not self.arguments["conditional_norm"]:
            z = torch.cat([z, F.one_hot(y, self.classes).to(z.dtype)], dim=1)
        x, shared = self.run(self.stem, z, y)
        for block in self.middle:
            if isinstance(block, Up):
                condition = [vector for vector in (shared, parts.pop(0) if parts else None) if vector is not None]
                x = self.run(block, x, y, torch.cat(condition, dim=1) if condition else None)
            else:
                x = self.run(block, x)
        return self.run(self.head, x)
