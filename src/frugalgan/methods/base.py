"""The one seam: what a method may decide. A method overrides the hooks in which it differs, and nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from pydantic.dataclasses import dataclass as checked_dataclass
from torch import Tensor, nn, optim

from frugalgan.dataset import Batch
from frugalgan.descent import Descent, Terms
from frugalgan.networks import Network
from frugalgan.sections import STRICT, Beta, Params, Positive
from frugalgan.teachers import Teacher

GENERATOR, CRITIC, ENCODER = "generator", "critic", "encoder"  # names of networks


@dataclass(frozen=True)
class Shape:
    """The sizes of all networks of one training."""

    image_size: int
    latent_size: int
    generator_width: int
    student_width: int
    critic_width: int
    channels: int = 3  # of images: 3 for RGB, 1 for grey
    classes: int = 0  # labels that networks are told, 0 … classes − 1; 0: they are told none

    @classmethod
    def of(cls, params: Params) -> "Shape":
        """The sizes that loaded params ask for, for faces."""
        scale = params.scale
        return cls(
            image_size=scale.image_size,
            latent_size=params.networks.latent_size,
            generator_width=scale.generator_width,
            student_width=scale.student_width,
            critic_width=scale.critic_width,
        )


@dataclass(frozen=True)
class Networks:
    """What takes part in training: a generator with a critic or an encoder, by name; `teacher` is only read."""

    parts: Mapping[str, Network]
    teacher: Teacher | None = None

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
        modules = (*self.parts.values(), *([] if self.teacher is None else [self.teacher]))
        return [found for module in modules for found in module.modules() if isinstance(found, Network)]

    def trained(self) -> list[nn.Parameter]:
        """The parameters of all parts that training changes."""
        return [parameter for network in self.parts.values() for parameter in trained(network)]


Source = Networks | Teacher  # what a method may start or learn from
Optimizers = Mapping[str, optim.Optimizer]  # of each part of the networks


@checked_dataclass(frozen=True, config=STRICT)
class Method:
    """A method; its fields are its sections of params.yaml. Immutable: all that changes is in the training state.

    Hooks with a default: `freeze` (what does not train), `optimizers` (Adam), `batches_per_step`, `heldout_terms`,
    and for planning `stand_in` and `shortest_step`. Without one: `build`, `epoch_batches` and `step`.
    """

    learning_rate: Positive
    beta1: Beta
    beta2: Beta

    watches_heldout: ClassVar[bool] = False  # whether `heldout_terms` yields anything

    @property
    def batches_per_step(self) -> int:
        """How many batches of real images a step sees."""
        return 1

    @property
    def epoch_batches(self) -> int:
        """How many batches make one of the method's epochs."""
        raise NotImplementedError

    def stand_in(self, shape: Shape) -> Source | None:
        """What takes the place of the trained source where training is only planned: as large, untrained."""
        return None

    def shortest_step(self) -> Self:
        """The same method with a step that sees as few batches as it can, and needs as much memory."""
        return self

    def build(self, shape: Shape, source: Source | None) -> Networks:
        """Networks with their initial weights; `source` is what to start or learn from, if anything."""
        raise NotImplementedError

    def freeze(self, networks: Networks) -> None:
        """Take what does not train out of training (see `freeze_layers`). Default: all trains."""

    def optimizers(self, networks: Networks) -> Optimizers:
        def adam(network: nn.Module) -> optim.Optimizer:
            # fused: one pass over the weights, without temporary copies of them
            return optim.Adam(trained(network), lr=self.learning_rate, betas=(self.beta1, self.beta2), fused=True)

        return {name: adam(network) for name, network in networks.parts.items()}

    def step(
        self, networks: Networks, optimizers: Optimizers, next_batch: Callable[[], Batch], descent: Descent
    ) -> dict[str, Tensor]:
        """One step on `batches_per_step` batches, which `next_batch` gives; returns the last value of each term."""
        raise NotImplementedError

    def heldout_terms(self, networks: Networks, batch: Batch) -> Terms:
        """Yield named losses on held-out images, where they say anything, without changing anything."""
        yield from ()


def trained(network: nn.Module) -> list[nn.Parameter]:
    """The parameters that training changes."""
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def freeze_layers(layers: nn.Module) -> None:
    """No gradients, no optimiser state, and BatchNorm neither uses nor updates batch statistics."""
    layers.requires_grad_(False)
    layers.eval()
