"""StyleGAN2's generator with skip connections (Karras et al. 2020, arXiv:1912.04958)."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from frugalgan.networks import every_label
from frugalgan.networks.offers import Adaptable, Styled
from frugalgan.networks.stylegan2.adaptations import HYPERNETWORKS, adapt
from frugalgan.networks.stylegan2.blocks import Block, Layer, Mapping, widths

STYLES_OF_MEAN = 10_000  # z, whose mean w is what truncation moves towards


@dataclass(frozen=True)
class Sizes:
    """What a generator is built of."""

    image_size: int
    channels: int
    latent_size: int  # numbers in z, and in w
    channel_base: int
    channel_max: int
    mapping_layers: int
    classes: int
    domains: int = 0  # of a hypernetwork, where it is given one


class Generator(Adaptable, Styled):
    """(N, latent_size) float32, standard normal → (N, channels, S, S), mostly in [-1, 1]: built of `Sizes`.

    `truncation` ψ moves w towards the mean, w̄ + ψ (w − w̄); `finalize` computes the mean.
    """

    mean_w: Tensor
    hypernetwork: nn.Module | None

    def __init__(self, **sizes: Any) -> None:
        super().__init__(**sizes)
        of = Sizes(**sizes)
        k = of.latent_size
        channels = widths(of.image_size, of.channel_base, of.channel_max)
        self.mapping = Mapping(k, of.mapping_layers, of.classes)
        before = [0, *channels.values()]
        self.middle = nn.ModuleList(
            Block(a, b, k, side, of.channels) for a, (side, b) in zip(before, channels.items(), strict=False)
        )
        self.register_buffer("mean_w", torch.zeros(k))
        self.register_buffer("mean_path", torch.zeros(()))
        self.hypernetwork = None

    @property
    def blocks(self) -> list[nn.Module]:
        return [self.mapping, *self.middle, *filter(None, [self.hypernetwork])]

    @property
    def classes(self) -> int:
        return self.arguments["domains"] if self.adaptation in HYPERNETWORKS else super().classes

    @property
    def noise(self) -> list[int]:
        return [len(layer.noise) for layer in self.modules() if isinstance(layer, Layer)]

    def adapt(self, kind: str) -> None:
        adapt(self, kind)
        self.adaptation = kind

    def finalize(self, rng: torch.Generator) -> None:
        z = torch.randn(STYLES_OF_MEAN, self.latent_size, generator=rng).to(self.mean_w.device)
        self.mean_w.copy_(self.mapping(z, every_label(self, len(z))).mean(dim=0))

    def forward(self, x: Tensor, y: Tensor | None = None, *noise: Tensor) -> Tensor:
        return self._drawn(self._styles(x, y), *noise)

    def styles(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return self.computed(self._styles, x, y)

    def of_styles(self, w: Tensor, *noise: Tensor) -> Tensor:
        return self.computed(self._drawn, w, *noise)

    def _styles(self, x: Tensor, y: Tensor | None) -> Tensor:
        w = self.run(self.mapping, x, self.labels(y) if self.classes else None)
        w = w if self.truncation == 1 else torch.lerp(self.mean_w, w, self.truncation)
        return w if self.hypernetwork is None else torch.cat([w, self.hypernetwork(self.labels(y))], dim=1)

    def _drawn(self, w: Tensor, *noise: Tensor) -> Tensor:
        drawn, map_, image = list(noise), None, None
        for block in self.middle:
            assert isinstance(block, Block)
            map_, image = self.run(block, map_, image, w, *drawn[: block.layers])
            drawn = drawn[block.layers :]
        assert isinstance(image, Tensor)
        return image
