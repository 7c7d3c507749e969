"""Layers with an equalised learning rate (Karras et al. 2018, arXiv:1710.10196), and smooth changes of resolution.

Weights start as N(0, 1) and are multiplied by 1/√inputs whenever they are used, so that one learning rate fits all.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SLOPE, GAIN = 0.2, 2**0.5  # of the leaky ReLU, and by what its output is multiplied
BINOMIAL = tuple(tuple(a * b / 64 for a in (1, 3, 3, 1)) for b in (1, 3, 3, 1))  # sums to 1


class EqualLinear(nn.Module):
    """(N, a) → (N, b). `rate` multiplies the learning rate; biases start at `bias`. `activate`: times GAIN, and through
    a leaky ReLU, as `EqualConv` does it."""

    def __init__(self, a: int, b: int, *, bias: float = 0.0, rate: float = 1.0, activate: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(b, a) / rate)
        self.bias = nn.Parameter(torch.full((b,), bias / rate))
        self.gain, self.activate = rate * (GAIN if activate else 1), activate

    def forward(self, x: Tensor) -> Tensor:
        x = F.linear(x, self.weight * (self.gain / self.weight.shape[1] ** 0.5), self.bias * self.gain)
        return F.leaky_relu(x, SLOPE) if self.activate else x


class EqualConv(nn.Module):
    """(N, a, H, W) → (N, b, H, W), or (N, b, H/2, W/2) of a map that is smoothed first; times `gain`.

    `activate`: √2 · leaky ReLU of that, which keeps the variance of normal numbers near 1. Weight and bias are
    multiplied in place of the map, which is larger.
    """

    def __init__(
        self,
        a: int,
        b: int,
        kernel: int,
        *,
        bias: bool = True,
        halve: bool = False,
        activate: bool = False,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(b, a, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(b)) if bias else None
        self.halve, self.activate, self.gain = halve, activate, gain * (GAIN if activate else 1)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight * (self.gain / self.weight[0].numel() ** 0.5)
        bias = None if self.bias is None else self.bias * self.gain
        kernel = weight.shape[2]
        if not self.halve:
            x = F.conv2d(x, weight, bias, padding=kernel // 2)
        else:  # of one weight a pixel, smoothed at every second place alone
            x = smoothed(x, step=2, padding=1) if kernel == 1 else smoothed(x, padding=2)
            x = F.conv2d(x, weight, bias, stride=1 if kernel == 1 else 2)
        return F.leaky_relu(x, SLOPE) if self.activate else x


def smoothed(x: Tensor, *, step: int = 1, padding: int) -> Tensor:
    """(N, C, H, W) → (N, C, H', W'): the binomial filter at every `step`-th place, H' = (H + 2 · padding − 4) // step
    + 1."""
    return _filtered(x, Filter(step, padding))


def doubled(x: Tensor) -> Tensor:
    """(N, C, H, W) → (N, C, 2H, 2W): zeros in between, and the binomial filter."""
    return _filtered(x, Filter(step=2, padding=1, gain=4, transposed=True))


@dataclass(frozen=True)
class Filter:
    """The binomial filter, times `gain`, of each channel: of every `step`-th place, or `transposed`."""

    step: int
    padding: int
    gain: int = 1
    transposed: bool = False
    output_padding: tuple[int, int] = (0, 0)  # rows, columns

    def __call__(self, x: Tensor) -> Tensor:
        kernel = self.gain * x.new_tensor(BINOMIAL).expand(x.shape[1], 1, -1, -1).contiguous()
        if self.transposed:
            return F.conv_transpose2d(x, kernel, None, self.step, self.padding, self.output_padding, groups=x.shape[1])
        return F.conv2d(x, kernel, stride=self.step, padding=self.padding, groups=x.shape[1])

    def adjoint(self, x: Tensor) -> "Filter":
        """The filter that takes gradients back to `x`, which it was applied to."""
        kept = len(BINOMIAL) - 2 * self.padding
        rows, columns = (0, 0) if self.transposed else ((side - kept) % self.step for side in x.shape[2:])
        return replace(self, transposed=not self.transposed, output_padding=(rows, columns))


class _Filtered(torch.autograd.Function):
    """A filter whose gradient is the other filter again. PyTorch would take the second derivative, which gradient
    penalties need, of one channel after the other: thousands of operations, which made plans five times as long."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, filter: Filter) -> Tensor:
        ctx.back = filter.adjoint(x)
        return filter(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return _Filtered.apply(gradients[0], ctx.back), None


def _filtered(x: Tensor, filter: Filter) -> Tensor:
    return _Filtered.apply(x, filter) if x.requires_grad and torch.is_grad_enabled() else filter(x)
