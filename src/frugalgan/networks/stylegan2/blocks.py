"""What StyleGAN2's generator is made of (Karras et al. 2020, arXiv:1912.04958)."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.networks.stylegan2.layers import GAIN, SLOPE, EqualLinear, doubled
from frugalgan.networks.stylegan2.modulated import StyledConv, ToImage

START = 4  # px of the first map
MAPPING_RATE = 0.01  # of the mapping's learning rate


def widths(image_size: int, base: int, most: int) -> dict[int, int]:
    """Map's px → its channels: `base` / px, at most `most`. Raises ValueError for a size that is no power of two."""
    if image_size < 2 * START or image_size & (image_size - 1):
        raise ValueError(f"image_size {image_size}: must be a power of two, from {2 * START} px on")
    sides = [START << i for i in range((image_size // START).bit_length())]
    if base < sides[-1]:
        raise ValueError(f"channel_base {base}: must be {image_size} or more, a channel at {image_size} px")
    return {side: min(base // side, most) for side in sides}


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
        self.conv = StyledConv(a, b, 3, w_size, enlarge=enlarge)
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
        self.to_image = ToImage(b, channels, w_size)
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
