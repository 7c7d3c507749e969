"""Architectures, one file per family. A network says how it was built, so that a file can rebuild it."""

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from frugalgan.config.sections import STRICT
from frugalgan.data.facts import DataFacts
from frugalgan.networks.recomputation import recomputing


class Network(nn.Module):
    """A network that runs its layers in `autocast` and returns float32, and remembers its arguments.

    Subclasses pass every constructor argument on to `super().__init__` and set `self.layers`, one module per
    layer in the sense of the literature (convolution with its normalisation and activation), nearest the input
    first; methods freeze layers by their place in it.
    """

    layers: nn.Sequential
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext
    recompute: bool = False  # keep fewer activations for the gradient, see `recomputing`

    def __init__(self, **arguments: int) -> None:
        super().__init__()
        self.arguments = arguments

    def through(self, x: Tensor, start: int = 0, stop: int | None = None) -> Tensor:
        """Layers `start` to before `stop` on their input → float32."""
        layers = self.layers if (start, stop) == (0, None) else self.layers[start:stop]
        with self.autocast():
            y = recomputing(layers, x) if self.recompute and torch.is_grad_enabled() else layers(x)
        return y.float()

    @property
    def frozen_layers(self) -> int:
        """How many layers nearest the input do not train."""
        trains = [any(parameter.requires_grad for parameter in layer.parameters()) for layer in self.layers]
        return trains.index(True) if True in trains else len(trains)

    @property
    def classes(self) -> int:
        """How many labels there are, of a conditional network; 0 of any other."""
        return self.arguments.get("classes", 0)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """All layers. `y` (N,) int64 are the labels of a network that has classes; any other ignores them.

        They come in as further channels of its input, one per class: 1 throughout for the label, else 0 (Mirza &
        Osindero 2014, arXiv:1411.1784). Raises ValueError where they are needed and not there.
        """
        if not self.classes:
            return self.through(x)
        if y is None:
            raise ValueError(f"{self.description()['network']} was built with {self.classes} classes: it needs labels")
        channels = (y[:, None] == torch.arange(self.classes, device=y.device)).to(x.dtype)
        return self.through(torch.cat([x, channels[:, :, None, None].expand(-1, -1, *x.shape[2:])], dim=1))

    def description(self) -> dict[str, Any]:
        """What `rebuild` needs, as plain JSON values."""
        family = type(self).__module__.removeprefix(f"{__name__}.")
        return {"network": f"{family}.{type(self).__name__}", "arguments": self.arguments}


@dataclass(frozen=True, config=STRICT)
class Family:
    """The sizes of networks of one family: its fields are a section of `networks` in params.yaml.

    A family is one file of this folder. It overrides what it has; a method asks for the parts that it needs.
    """

    latent_size: int
    conditional: bool  # whether networks are given labels

    def generator(self, data: DataFacts) -> "Network":
        """(N, latent_size) standard normal → (N, channels, size, size) in [-1, 1], with fresh weights."""
        raise NoSuchNetwork(f"{type(self).__name__} has no generator")

    def critic(self, data: DataFacts) -> "Network":
        """(N, channels, size, size) in [-1, 1] → (N,), with fresh weights."""
        raise NoSuchNetwork(f"{type(self).__name__} has no critic; choose another family in models.yaml")

    def encoder(self, data: DataFacts, outputs: int) -> "Network":
        """(N, channels, size, size) in [-1, 1] → (N, outputs), with fresh weights."""
        raise NoSuchNetwork(f"{type(self).__name__} has no encoder; choose another family in models.yaml")

    def classes(self, data: DataFacts) -> int:
        """How many labels the networks are given; 0: none. Raises ValueError where the images have none."""
        if self.conditional and not data.classes:
            raise ValueError("conditional networks need labelled images: set `labels: true` of the data set")
        return data.classes if self.conditional else 0


class NoSuchNetwork(ValueError):
    """A family was asked for a network that it does not have."""


def every_label(network: Network, n: int) -> Tensor | None:
    """(n,) int64: 0, 1, …, classes − 1, 0, …, on the network's device; None where it has no classes."""
    if not network.classes:
        return None
    return torch.arange(n, device=next(network.parameters()).device) % network.classes


def rebuild(description: dict[str, Any]) -> Network:
    """The network that `Network.description` described, with fresh weights. Raises ValueError."""
    family, _, name = str(description.get("network")).rpartition(".")
    if not family.isidentifier():
        raise ValueError(f"{description.get('network')!r} is not the name of a network, such as dcgan.Generator")
    network = getattr(importlib.import_module(f"{__name__}.{family}"), name, None)
    if not (isinstance(network, type) and issubclass(network, Network)):
        raise ValueError(f"there is no network {name} in frugalgan.networks.{family}")
    return network(**description["arguments"])
