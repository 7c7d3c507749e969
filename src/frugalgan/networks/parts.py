"""The networks of one training, by name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from frugalgan.networks import Network

GENERATOR, CRITIC, ENCODER = "generator", "critic", "encoder"


@dataclass(frozen=True)
class Waiting:
    """For how many images at the beginning the generator does not train, or only its first `layers` do not."""

    images: float = 0.0
    layers: int = 0  # blocks, counted from z; 0: all


@dataclass(frozen=True)
class Networks:
    """What takes part in training: a generator with a critic or an encoder, by name; `teacher` and `embedder`, a frozen
    network through which a loss sees images, are only read. `means`: what a loss remembers from update to update."""

    parts: Mapping[str, Network]
    teacher: nn.Module | None = None
    waiting: Waiting = Waiting()
    embedder: Network | None = None
    means: nn.Module | None = None

    @property
    def G(self) -> Network:
        """The generator; of an autoencoder, the decoder."""
        return self.parts[GENERATOR]

    @property
    def D(self) -> Network:
        """The critic. Raises KeyError where there is none."""
        return self.parts[CRITIC]

    @property
    def E(self) -> Network:
        """The encoder. Raises KeyError where there is none."""
        return self.parts[ENCODER]

    def all(self) -> list[Network]:
        """Every network in memory, the teacher's included."""
        modules = [*self.parts.values(), *self.only_read()]
        return [found for module in modules for found in module.modules() if isinstance(found, Network)]

    def only_read(self) -> list[nn.Module]:
        """What does not change."""
        return [module for module in (self.teacher, self.embedder) if module is not None]

    def trainable(self) -> list[nn.Parameter]:
        """The parameters of all parts that training changes."""
        return [parameter for network in self.parts.values() for parameter in trainable(network)]

    def trainable_of_generator(self, seen: int) -> Sequence[nn.Parameter]:
        """The parameters of G that an update after `seen` images changes; none where the generator waits."""
        if seen >= self.waiting.images:
            return trainable(self.G)
        blocks = self.G.blocks[self.waiting.layers :] if self.waiting.layers else ()
        return [parameter for block in blocks for parameter in trainable(block)]


def trainable(network: nn.Module) -> list[nn.Parameter]:
    """The parameters that training changes."""
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def freeze_blocks(blocks: Iterable[nn.Module]) -> None:
    """No gradients, no optimiser state, and BatchNorm neither uses nor updates batch statistics."""
    for block in blocks:
        block.requires_grad_(False)
        block.eval()
