"""Layers that are all initialised alike, and spectrally normalised or not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from frugalgan.networks.spectral import spectral

# Orthogonal: Saxe et al. 2014 (arXiv:1312.6120), as BigGAN; Xavier: Glorot & Bengio 2010, as SAGAN; normal: as DCGAN.
INITIALISATIONS: dict[str, Callable[[Tensor], Any]] = {
    "orthogonal": nn.init.orthogonal_,
    "xavier": nn.init.xavier_uniform_,
    "normal": lambda weight: nn.init.normal_(weight, std=0.02),
}


@dataclass(frozen=True)
class Layers:
    """Makes layers for (N, a, …) → (N, b, …); biases start at 0."""

    initialisation: str  # of INITIALISATIONS
    normalised: bool  # whether weights are divided by their largest singular value

    def conv(self, a: int, b: int, kernel: int, *, bias: bool = True) -> nn.Module:
        """Conv2d that keeps the map's size; `kernel` odd."""
        return self._ready(nn.Conv2d(a, b, kernel, padding=kernel // 2, bias=bias))

    def linear(self, a: int, b: int, *, bias: bool = True) -> nn.Module:
        """Linear."""
        return self._ready(nn.Linear(a, b, bias=bias))

    def embedding(self, labels: int, b: int) -> nn.Module:
        """(N,) int64 → (N, b)."""
        return self._ready(nn.Embedding(labels, b))

    def _ready(self, layer: nn.Conv2d | nn.Linear | nn.Embedding) -> nn.Module:
        INITIALISATIONS[self.initialisation](layer.weight)
        if not isinstance(layer, nn.Embedding) and layer.bias is not None:
            nn.init.zeros_(layer.bias)
        return spectral(layer) if self.normalised else layer
