"""StyleGAN2's residual discriminator (Karras et al. 2020, arXiv:1912.04958), without any normalisation."""

from dataclasses import dataclass
from itertools import pairwise
from math import gcd
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.networks.offers import Adaptable
from frugalgan.networks.stylegan2.adaptations import HYPERNETWORKS
from frugalgan.networks.stylegan2.blocks import START, normalised, widths
from frugalgan.networks.stylegan2.layers import EqualConv, EqualLinear

HALF = 0.5**0.5  # of each of two paths, so that their sum has the variance of one


@dataclass(frozen=True)
class Sizes:
    """What a critic is built of."""

    image_size: int
    channels: int
    channel_base: int
    channel_max: int
    classes: int
    group: int  # images of which it sees the minibatch standard deviation; 0: none
    domains: int = 0  # that it is told apart, where the generator is given a hypernetwork


class Down(nn.Module):
    """(N, a, H, W) → (N, b, H/2, W/2): a path of two convolutions and a short one of one, both times √½."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.first = EqualConv(a, a, 3, activate=True)
        self.second = EqualConv(a, b, 3, halve=True, activate=True, gain=HALF)
        self.short = EqualConv(a, b, 1, bias=False, halve=True, gain=HALF)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x)) + self.short(x)


class FromImage(nn.Module):
    """(N, channels, S, S) → (N, b, S, S)."""

    def __init__(self, channels: int, b: int) -> None:
        super().__init__()
        self.conv = EqualConv(channels, b, 1, activate=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Head(nn.Module):
    """(N, C, 4, 4) → (N,): a score, or the product with the label's embedding / √C where there are `classes`.

    `domain` embeds the domains that a trained critic is told of: its product with what the score is made of, over √C,
    is added to the score (Miyato & Koyama 2018, arXiv:1802.05637).
    """

    domain: nn.Embedding | None

    def __init__(self, channels: int, classes: int, group: int) -> None:
        super().__init__()
        self.group, self.classes = group, classes
        self.conv = EqualConv(channels + bool(group), channels, 3, activate=True)
        self.dense = EqualLinear(channels * START**2, channels, activate=True)
        self.score = EqualLinear(channels, channels if classes else 1)
        self.embedding = EqualLinear(classes, channels) if classes else None
        self.domain = None

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        if self.group:
            x = torch.cat([x, minibatch_std(x, self.group)], dim=1)
        seen = self.dense(self.conv(x).flatten(1))
        score = self.score(seen)
        if self.domain is not None and y is not None:
            return score.squeeze(1) + (seen * self.domain(y)).sum(dim=1) / seen.shape[1] ** 0.5
        if self.embedding is None or y is None:
            return score.squeeze(1)
        label = normalised(self.embedding(F.one_hot(y, self.classes).to(score.dtype)))
        return (score * label).sum(dim=1) / score.shape[1] ** 0.5


def minibatch_std(x: Tensor, group: int) -> Tensor:
    """(N, C, H, W) → (N, 1, H, W): the standard deviation of groups of images, averaged over channels and places.

    Groups are of images that follow each other, so that parts of a batch which hold whole groups see the same: of
    `group` images, or fewer where N is no multiple of it.
    """
    groups = x.unflatten(0, (-1, gcd(len(x), group)))
    variance = (groups - groups.mean(dim=1, keepdim=True)).square().mean(dim=1)
    deviation = (variance + 1e-8).sqrt().mean(dim=(1, 2, 3))
    deviation = deviation.repeat_interleave(groups.shape[1])
    return deviation[:, None, None, None].expand(-1, 1, *x.shape[2:])


class Critic(Adaptable):
    """(N, channels, S, S) float32 in [-1, 1] → (N,) float32: built of `Sizes`.

    All of it trains on when the generator is adapted; where that is given a hypernetwork, it is told the domains.
    """

    def __init__(self, **sizes: Any) -> None:
        super().__init__(**sizes)
        of = Sizes(**sizes)
        behind = [*reversed(widths(of.image_size, of.channel_base, of.channel_max).values())]
        self.group = max(1, of.group)
        self.stem = FromImage(of.channels, behind[0])
        self.middle = nn.ModuleList(Down(a, b) for a, b in pairwise(behind))
        self.head = Head(behind[-1], of.classes, of.group)

    @property
    def blocks(self) -> list[nn.Module]:
        return [self.stem, *self.middle, self.head]

    @property
    def classes(self) -> int:
        return self.arguments["domains"] if self.adaptation in HYPERNETWORKS else super().classes

    def adapt(self, kind: str) -> None:
        if kind in HYPERNETWORKS:
            like = self.head.dense.weight
            domains = self.arguments["domains"]
            self.head.domain = nn.Embedding(domains, len(like), device=like.device, dtype=like.dtype)
            nn.init.zeros_(self.head.domain.weight)
            self.adaptation = kind

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        y = self.labels(y) if self.classes else None
        x = self.run(self.stem, x)
        for block in self.middle:
            x = self.run(block, x)
        return self.run(self.head, x, y)
