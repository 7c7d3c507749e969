"""Self-attention over the places of a map, as the code of SAGAN has it (Zhang et al. 2018, arXiv:1805.08318)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.networks.layers import Layers

LESS = 8  # times fewer channels in queries and keys


class SelfAttention(nn.Module):
    """(N, C, H, W) → x + γ · o(x), the same shape; γ is learnt and starts at 0, where it is the identity.

    Queries and keys have C/8 channels, values C/2; keys and values are of a quarter of the places (max pooling), which
    the paper's formula leaves out. 1.25 C² + 1 weights; memory grows with (H·W)². Raises ValueError for C % 8.
    """

    def __init__(self, channels: int, layers: Layers) -> None:
        super().__init__()
        if channels % LESS:
            raise ValueError(f"attention on a map of {channels} channels: must be a multiple of {LESS}; change width")
        self.query = layers.conv(channels, channels // LESS, 1, bias=False)
        self.key = layers.conv(channels, channels // LESS, 1, bias=False)
        self.value = layers.conv(channels, channels // 2, 1, bias=False)
        self.out = layers.conv(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        query = self.query(x).flatten(2)
        key = F.max_pool2d(self.key(x), 2).flatten(2)
        value = F.max_pool2d(self.value(x), 2).flatten(2)
        weights = torch.softmax(query.mT @ key, dim=2)  # (N, places, places / 4)
        seen = (value @ weights.mT).unflatten(2, x.shape[2:])
        return x + self.gamma * self.out(seen)
