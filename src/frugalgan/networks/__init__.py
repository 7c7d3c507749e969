"""Architectures, one file or folder per family. A network says how it was built, so that a file can rebuild it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field
from typing import Any, ClassVar, TypeVar

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from frugalgan.config.sections import STRICT
from frugalgan.data.facts import DataFacts
from frugalgan.networks.recomputation import recomputing
from frugalgan.networks.spectral import SpectralNorm

T = TypeVar("T", bound="Network")


class Network(nn.Module):
    """A network of some family. It runs in `autocast`, returns float32, and remembers the arguments that built it.

    A subclass passes every constructor argument on to `super().__init__`, and says what its `blocks` are, which its own
    `forward(x, y)` sends through `run`. It draws no random numbers, so that a block computed again gives the same.
    `latent_size`, `image_size`, `channels` and `classes` are its constructor arguments of those names. What only some
    networks can do stands in `offers`.
    """

    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext
    recompute: bool = False  # keep fewer activations for the gradient, see `recomputing`
    offer: ClassVar[str]  # of a kind of networks in `offers`: what they can do, as errors name it
    group: int = 1  # consecutive images whose outputs depend on each other; 1: none do
    adaptation: str | None = None  # how it was adapted

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self.arguments = arguments

    @property
    def blocks(self) -> Sequence[nn.Module]:
        """Its parts, nearest the input first: every weight is in one of them. Starts freeze them by their place."""
        raise NotImplementedError

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """`y` (N,) int64 are the labels, for a network that has classes; any other ignores them."""
        raise NotImplementedError

    def next_update(self) -> None:
        """Called before each of its updates, once for all parts of a batch. Default: what its layers have of it."""
        for module in self.modules():
            if isinstance(module, SpectralNorm):
                module.iterate()

    def finalize(self, rng: torch.Generator) -> None:
        """Compute what depends on the final weights, before it is used with them. Default: nothing."""

    def __call__(self, x: Tensor, y: Tensor | None = None, *noise: Tensor) -> Tensor:
        return self.computed(super().__call__, x, y, *noise)

    def computed(self, function: Callable[..., Tensor], *inputs: Any) -> Tensor:
        """`function(*inputs)` in the network's precision → float32, or float64 of float64."""
        with self.autocast():
            found = function(*inputs)
        return found.to(torch.promote_types(found.dtype, torch.float32))

    def run(self, block: nn.Module, *inputs: Any) -> Any:
        """`block(*inputs)`, in a `forward`; where `recompute` says so, its activations are not kept."""
        return recomputing(block, *inputs) if self.recompute and torch.is_grad_enabled() else block(*inputs)

    def require(self, kind: type[T], asked: str) -> T:
        """The network, as one of that kind. Raises ValueError where it is none; `asked` is the key that asks for it."""
        if not isinstance(self, kind):
            raise ValueError(f"{self.description()['network']} does not offer what {asked} needs: {kind.offer}")
        return self

    def labels(self, y: Tensor | None) -> Tensor:
        """The labels of a network that has classes. Raises ValueError where there are none."""
        if y is None:
            raise ValueError(f"{self.description()['network']} was built with {self.classes} classes: it needs labels")
        return y

    @property
    def noise(self) -> Sequence[int]:
        """Sides S, px, of the maps of noise that `forward` takes at its end: (N, 1, S, S), standard normal."""
        return ()

    @property
    def frozen_blocks(self) -> int:
        """How many blocks nearest the input do not train."""
        trains = [any(parameter.requires_grad for parameter in block.parameters()) for block in self.blocks]
        return trains.index(True) if True in trains else len(trains)

    @property
    def latent_size(self) -> int:
        """Numbers in z, of a generator."""
        return self.arguments["latent_size"]

    @property
    def image_size(self) -> int:
        """Side of its images, px."""
        return self.arguments["image_size"]

    @property
    def channels(self) -> int:
        """Of its images: 3 of RGB, 1 of grey."""
        return self.arguments["channels"]

    @property
    def classes(self) -> int:
        """How many labels there are, of a conditional network; 0 of any other."""
        return self.arguments.get("classes", 0)

    def description(self) -> dict[str, Any]:
        """What `rebuild` needs, as plain JSON values."""
        family = type(self).__module__.removeprefix(f"{__name__}.")
        built = {"network": f"{family}.{type(self).__name__}", "arguments": self.arguments}
        return built | ({"adaptation": self.adaptation} if self.adaptation else {})


@dataclass(frozen=True, config=STRICT)
class Family:
    """The sizes of networks of one family: its fields are a section of `networks` in params.yaml.

    A family is a file, or a folder, beside this one. It overrides what it has; a method asks for what it needs.
    """

    latent_size: int
    conditional: bool = field(default=False, kw_only=True)  # whether networks are given labels

    faster_channels_last: ClassVar[bool] = False  # whether training was, on a CPU

    @property
    def modules(self) -> tuple[str, ...]:
        """Names of the modules that have its networks."""
        return (type(self).__module__,)

    @property
    def faster_bf16(self) -> bool:
        """Whether training was, or hardly slower, on a CPU that multiplies it."""
        return True

    def generator(self, data: DataFacts) -> "Network":
        """(N, latent_size) standard normal → (N, channels, size, size) in [-1, 1], with fresh weights."""
        raise NoSuchNetwork(f"{type(self).__name__} has no generator")

    def critic(self, data: DataFacts) -> "Network":
        """(N, channels, size, size) in [-1, 1] → (N,), or (N, k) with k values of each, with fresh weights."""
        raise NoSuchNetwork(f"{type(self).__name__} has no critic; choose another family in networks of params.yaml")

    def encoder(self, data: DataFacts, outputs: int) -> "Network":
        """(N, channels, size, size) in [-1, 1] → (N, outputs), with fresh weights."""
        raise NoSuchNetwork(f"{type(self).__name__} has no encoder; choose another family in networks of params.yaml")

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
