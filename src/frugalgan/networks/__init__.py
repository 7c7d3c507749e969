"""Architectures, one file per family. A network says how it was built, so that a file can rebuild it."""

import importlib
from typing import Any

import torch
from torch import Tensor, nn


class Network(nn.Module):
    """A network that runs its layers in `precision` and returns float32, and remembers its arguments.

    Subclasses pass every constructor argument on to `super().__init__` and set `self.layers`, one module per
    layer in the sense of the literature (convolution with its normalisation and activation), nearest the input
    first; methods freeze layers by their place in it.
    """

    layers: nn.Sequential
    precision: torch.dtype = torch.float32

    def __init__(self, **arguments: int) -> None:
        super().__init__()
        self.arguments = arguments

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, self.precision, enabled=self.precision != torch.float32):
            y = self.layers(x)
        return y.float()

    def description(self) -> dict[str, Any]:
        """What `rebuild` needs, as plain JSON values."""
        family = type(self).__module__.removeprefix(f"{__name__}.")
        return {"network": f"{family}.{type(self).__name__}", "arguments": self.arguments}


def rebuild(description: dict[str, Any]) -> Network:
    """The network that `Network.description` described, with fresh weights. Raises ValueError."""
    family, _, name = str(description.get("network")).rpartition(".")
    if not family.isidentifier():
        raise ValueError(f"{description.get('network')!r} is not the name of a network, such as dcgan.Generator")
    network = getattr(importlib.import_module(f"{__name__}.{family}"), name, None)
    if not (isinstance(network, type) and issubclass(network, Network)):
        raise ValueError(f"there is no network {name} in frugalgan.networks.{family}")
    return network(**description["arguments"])
