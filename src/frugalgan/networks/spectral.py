"""Spectral normalisation (Miyato et al. 2018, arXiv:1802.05957), of which an update sees one and the same function.

PyTorch's own takes a step of power iteration whenever the network is called, so that parts of a batch, a network
computed again, or further processes would see another network each. Here it takes one before each update.
"""

from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn import functional as F
from torch.nn.utils.parametrize import is_parametrized, register_parametrization

FIRST_ITERATIONS = 15


class SpectralNorm(nn.Module):
    """weight → weight / σ, its largest singular value as a matrix (outputs, all else)."""

    u: Tensor
    v: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        rows, columns = weight.flatten(1).shape
        self.weight = [weight]  # the parameter itself, which the layer has: in a list, so that it is not one of ours
        self.register_buffer("u", self._start(rows))
        self.register_buffer("v", self._start(columns))
        if not weight.is_meta and not isinstance(weight, FakeTensor):
            self.iterate(FIRST_ITERATIONS)

    def _start(self, length: int) -> Tensor:
        """(length,): of length 1, in any direction."""
        start = torch.randn(length, device=self.weight[0].device)
        # without values there is no norm; asked for one, PyTorch imports its decompositions, which takes a while
        return start if start.is_meta else F.normalize(start, dim=0)

    @torch.no_grad()
    def iterate(self, times: int = 1) -> None:
        """So many steps of power iteration."""
        matrix = self.weight[0].flatten(1)
        for _ in range(times):
            self.v.copy_(F.normalize(matrix.T @ self.u, dim=0))
            self.u.copy_(F.normalize(matrix @ self.v, dim=0))

    def forward(self, weight: Tensor) -> Tensor:
        # the meta device has no autocast
        with nullcontext() if weight.is_meta else torch.autocast(weight.device.type, enabled=False):
            return weight / torch.dot(self.u, weight.flatten(1) @ self.v)


def spectral(layer: nn.Module) -> nn.Module:
    """The layer, its weight normalised."""
    assert isinstance(layer.weight, nn.Parameter)
    register_parametrization(layer, "weight", SpectralNorm(layer.weight))
    return layer


def weight_of(layer: nn.Module) -> Tensor:
    """The weight that training changes: of a normalised layer, before it is divided."""
    if is_parametrized(layer, "weight"):
        return layer.parametrizations.weight.original  # pyright: ignore[reportAttributeAccessIssue, reportReturnType]
    assert isinstance(layer.weight, Tensor)
    return layer.weight
