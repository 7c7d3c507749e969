"""StyleGAN2's generator with skip connections (Karras et al. 2020, arXiv:1912.04958)."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.networks import every_label
from frugalgan.networks.offers import Adaptable, Styled
from frugalgan.networks.stylegan2.adaptations import HYPERNETWORKS, adapt
from frugalgan.networks.stylegan2.layers import GAIN, SLOPE, EqualLinear, doubled
from frugalgan.networks.stylegan2.modulated import ModulatedConv

START = 4  # px of the first map
MAPPING_RATE = 0.01  # of the mapping's learning rate
STYLES_OF_MEAN = 10_000  # z, whose mean w is what truncation moves towards


def widths(image_size: int, base: int, most: int) -> dict[int, int]:
    """Map's px → its channels: `base` / px, at most `most`. Raises ValueError for a size that is no power of two."""
    if image_size < 2 * START or image_size & (image_size - 1):
        raise ValueError(f"image_size {image_size}: must be a power of two, from {2 * START} px on")
    sides = [START << i for i in range((image_size // START).bit_length())]
    if base < sides[-1]:
        raise ValueError(f"channel_base {base}: must be {image_size} or more, a channel at {image_size} px")
    return {side: min(base // side, most) for side in sides}


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


def normalised(x: Tensor) -> Tensor:
    """(N, k) → (N, k): mean square 1."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


class Mapping(nn.Module):
    """z (N, k), normalised, and the embedding of its label where there are `classes` → w (N, k)."""

    def __init__(self, k: int, layers: int, classes: int) -> None:
        super().__init__()
        self.embedding = EqualLinear(classes, k) if classes else None
        self.classes = classes
        sizes = [2 * k if classes else k, *[k] * layers]
        self.layers = nn.ModuleList(EqualLinear(a, b, rate=MAPPING_RATE, activate=True) for a, b in pairwise(sizes))

    def forward(self, z: Tensor, y: Tensor | None) -> Tensor:
        w = normalised(z)
        if self.embedding is not None and y is not None:
            w = torch.cat([w, normalised(self.embedding(F.one_hot(y, self.classes).to(w.dtype)))], dim=1)
        for layer in self.layers:
            w = layer(w)
        return w


class Layer(nn.Module):
    """(N, a, H, W), w, noise (N, 1, S, S) → (N, b, S, S): modulated convolution, noise, bias, leaky ReLU.

    Without noise: with that of a map drawn when the network was built.
    """

    noise: Tensor

    def __init__(self, a: int, b: int, w_size: int, side: int, *, enlarge: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv(a, b, 3, w_size, enlarge=enlarge)
        self.bias = nn.Parameter(torch.zeros(b))
        self.strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise", torch.randn(side, side))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        added = (GAIN * self.strength) * (self.noise if noise is None else noise)
        return F.leaky_relu(self.conv(x, w, gain=GAIN, bias=self.bias) + added, SLOPE)


class Block(nn.Module):
    """A map (N, a, S/2, S/2) and the image so far, w, noise of each layer → (N, b, S, S), and the image at that size.

    The first block has a learnt map in place of its first layer, the same for all.
    """

    def __init__(self, a: int, b: int, w_size: int, side: int, channels: int) -> None:
        super().__init__()
        self.first = Layer(a, b, w_size, side, enlarge=True) if side > START else None
        if self.first is None:
            self.constant = nn.Parameter(torch.randn(b, START, START))
        self.second = Layer(b, b, w_size, side)
        self.to_image = ModulatedConv(b, channels, 1, w_size, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(channels))

    @property
    def layers(self) -> int:
        """How many maps of noise it takes."""
        return 1 if self.first is None else 2

    def forward(self, x: Tensor | None, image: Tensor | None, w: Tensor, *noise: Tensor) -> tuple[Tensor, Tensor]:
        drawn = noise or [None] * self.layers
        begun = self.constant.expand(w.shape[0], -1, -1, -1) if self.first is None else self.first(x, w, drawn[0])
        map_ = self.second(begun, w, drawn[-1])
        added = self.to_image(map_, w) + self.bias[:, None, None]
        return map_, added if image is None else doubled(image) + added


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
