"""What BigGAN's generator and critic are made of."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.networks.attention import SelfAttention
from frugalgan.networks.layers import Layers

START = 4  # px of the generator's first map


class ConditionalNorm(nn.Module):
    """BatchNorm2d whose gain and bias follow from a condition: (1 + gain) ⊙ BN(x) + bias.

    `labels` > 0: a gain and a bias for each of so many labels; `size` > 0: linear in a vector of that size, without
    bias. Both: their sum. Neither: BatchNorm2d.
    """

    def __init__(self, channels: int, labels: int, size: int, layers: Layers) -> None:
        super().__init__()
        plain = not labels and not size
        self.norm = nn.BatchNorm2d(channels, affine=plain)
        free = Layers(layers.initialisation, normalised=False)  # embeddings of G are not normalised
        self.by_label = free.embedding(labels, 2 * channels) if labels else None
        self.gain = layers.linear(size, channels, bias=False) if size else None
        self.bias = layers.linear(size, channels, bias=False) if size else None

    def forward(self, x: Tensor, y: Tensor | None, condition: Tensor | None) -> Tensor:
        x = self.norm(x)
        if self.by_label is None and self.gain is None:
            return x
        gain, bias = self._gain_and_bias(y, condition)
        return torch.addcmul(x + bias[:, :, None, None], x, gain[:, :, None, None])

    def _gain_and_bias(self, y: Tensor | None, condition: Tensor | None) -> tuple[Tensor, Tensor]:
        """(N, channels) each: of the label, of the condition, or their sum."""
        found: list[tuple[Tensor, Tensor]] = []
        if self.by_label is not None:
            found.append(self.by_label(y).chunk(2, dim=1))
        if self.gain is not None and self.bias is not None:
            found.append((self.gain(condition), self.bias(condition)))
        gains, biases = zip(*found, strict=True)
        return torch.stack(gains).sum(0), torch.stack(biases).sum(0)


class Stem(nn.Module):
    """z or its first part (N, k) → the first map (N, channels, 4, 4), and the labels' shared embedding, if any."""

    def __init__(self, size: int, channels: int, labels: int, embedded: int, layers: Layers) -> None:
        super().__init__()
        self.linear = layers.linear(size, channels * START**2)
        free = Layers(layers.initialisation, normalised=False)
        self.embedding = free.embedding(labels, embedded) if labels and embedded else None

    def forward(self, z: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor | None]:
        return self.linear(z).unflatten(1, (-1, START, START)), None if self.embedding is None else self.embedding(y)


class Up(nn.Module):
    """(N, a, H, W), labels and condition → (N, b, 2H, 2W): norm, ReLU, convolution, twice, and a short path of one."""

    def __init__(self, a: int, b: int, labels: int, size: int, layers: Layers) -> None:
        super().__init__()
        self.norms = nn.ModuleList(ConditionalNorm(channels, labels, size, layers) for channels in (a, b))
        self.convs = nn.ModuleList((layers.conv(a, b, 3), layers.conv(b, b, 3)))
        self.short = layers.conv(a, b, 1)

    def forward(self, x: Tensor, y: Tensor | None, condition: Tensor | None) -> Tensor:
        h = F.interpolate(F.relu(self.norms[0](x, y, condition)), scale_factor=2)
        h = self.convs[0](h)
        h = self.convs[1](F.relu(self.norms[1](h, y, condition)))
        return h + F.interpolate(self.short(x), scale_factor=2)  # of single pixels: the same before as after


class Down(nn.Module):
    """(N, a, H, W) → (N, b, H/2, W/2), or as large: two convolutions, and a short path of one where shapes differ."""

    def __init__(self, a: int, b: int, layers: Layers, *, first: bool, halve: bool) -> None:
        super().__init__()
        self.first, self.halve = first, halve  # the image itself is not cut at 0
        self.convs = nn.ModuleList((layers.conv(a, b, 3), layers.conv(b, b, 3)))
        self.short = layers.conv(a, b, 1) if halve or a != b else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = self.convs[0](x if self.first else F.relu(x))
        h = self.convs[1](F.relu(h))
        if self.halve:
            h, x = F.avg_pool2d(h, 2), F.avg_pool2d(x, 2)  # of means: the same as the mean behind `short`
        return h + self.short(x)


class Head(nn.Module):
    """(N, C, H, W) → (N,): w·h + b, and ⟨e_y, h⟩ where there are `labels`, h the sum of ReLU over places (Miyato &
    Koyama 2018, arXiv:1802.05637)."""

    def __init__(self, channels: int, labels: int, layers: Layers) -> None:
        super().__init__()
        self.linear = layers.linear(channels, 1)
        self.embedding = layers.embedding(labels, channels) if labels else None

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        h = F.relu(x).sum(dim=(2, 3))
        score = self.linear(h).squeeze(1)
        return score if self.embedding is None else score + (self.embedding(y) * h).sum(dim=1)


def of_size(table: dict[int, tuple[int, ...]], image_size: int) -> tuple[int, ...]:
    """The row of that image size. Raises ValueError where there is none."""
    if image_size not in table:
        raise ValueError(f"image_size {image_size}: family biggan is for {', '.join(map(str, table))} px")
    return table[image_size]


def with_attention(
    blocks: list[nn.Module], widths: list[int], sizes: list[int], attention: int, layers: Layers
) -> list[nn.Module]:
    """The blocks, and behind the first whose map has `attention` px, self-attention. Raises ValueError."""
    if not attention:
        return blocks
    if attention not in sizes:
        there = ", ".join(map(str, dict.fromkeys(sizes)))
        raise ValueError(f"attention: {attention}: there is no map of {attention} px here, only of {there}; 0: none")
    place = sizes.index(attention)
    return [*blocks[: place + 1], SelfAttention(widths[place], layers), *blocks[place + 1 :]]
