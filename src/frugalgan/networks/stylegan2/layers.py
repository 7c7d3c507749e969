"""Layers with an equalised learning rate (Karras et al. 2018, arXiv:1710.10196), and smooth changes of resolution.

Weights start as N(0, 1) and are multiplied by 1/√inputs whenever they are used, so that one learning rate fits all.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SLOPE, GAIN = 0.2, 2**0.5  # of the leaky ReLU, and by what its output is multiplied
BINOMIAL = tuple(tuple(a * b / 64 for a in (1, 3, 3, 1)) for b in (1, 3, 3, 1))  # sums to 1


def activated(x: Tensor) -> Tensor:
    """√2 · leaky ReLU: keeps the variance of normal numbers near 1."""
    return F.leaky_relu(x, SLOPE) * GAIN


class EqualLinear(nn.Module):
    """(N, a) → (N, b). `rate` multiplies the learning rate; biases start at `bias`."""

    def __init__(self, a: int, b: int, *, bias: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(b, a) / rate)
        self.bias = nn.Parameter(torch.full((b,), bias / rate))
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * (self.rate / self.weight.shape[1] ** 0.5), self.bias * self.rate)


class EqualConv(nn.Module):
    """(N, a, H, W) → (N, b, H, W), or (N, b, H/2, W/2) of a map that is smoothed first."""

    def __init__(self, a: int, b: int, kernel: int, *, bias: bool = True, halve: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(b, a, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(b)) if bias else None
        self.halve = halve

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight / self.weight[0].numel() ** 0.5
        kernel = weight.shape[2]
        if not self.halve:
            return F.conv2d(x, weight, self.bias, padding=kernel // 2)
        # of one weight a pixel, smoothed at every second place alone
        smooth = smoothed(x, step=2, padding=1) if kernel == 1 else smoothed(x, padding=2)
        return F.conv2d(smooth, weight, self.bias, stride=1 if kernel == 1 else 2)


def smoothed(x: Tensor, *, step: int = 1, padding: int) -> Tensor:
    """(N, C, H, W) → (N, C, H', W'): the binomial filter at every `step`-th place, H' = (H + 2 · padding − 4) // step
    + 1."""
    return F.conv2d(x, _of_each_channel(x), stride=step, padding=padding, groups=x.shape[1])


def doubled(x: Tensor) -> Tensor:
    """(N, C, H, W) → (N, C, 2H, 2W): zeros in between, and the binomial filter."""
    return F.conv_transpose2d(x, 4 * _of_each_channel(x), stride=2, padding=1, groups=x.shape[1])


def _of_each_channel(x: Tensor) -> Tensor:
    return x.new_tensor(BINOMIAL).expand(x.shape[1], 1, -1, -1).contiguous()
