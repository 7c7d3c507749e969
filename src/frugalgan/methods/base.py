"""The one seam: what a method may decide. A method overrides the hooks in which it differs, and nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass
from torch import Tensor, nn, optim

from frugalgan.dataset import Batch
from frugalgan.networks import Network
from frugalgan.networks.dcgan import Critic, Generator
from frugalgan.params import STRICT, Beta, Count, Params, Positive

Terms = Iterator[tuple[str, Tensor]]


@dataclass(frozen=True)
class Shape:
    """The sizes that the scale fixes for all networks."""

    image_size: int
    latent_size: int
    generator_width: int
    student_width: int
    critic_width: int

    @classmethod
    def of(cls, params: Params) -> "Shape":
        """The sizes that loaded params ask for."""
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
    """What takes part in training; `teacher` is only read."""

    G: Network
    D: Network
    teacher: Network | None = None


@dataclass(frozen=True)
class Optimizers:
    G: optim.Optimizer
    D: optim.Optimizer


@checked_dataclass(frozen=True, config=STRICT)
class Method:
    """A method; its fields are its sections of params.yaml. Immutable: all that changes is in the training state.

    Hooks with a default: `build` (networks and initial weights), `freeze` (what does not train), `optimizers`
    (Adam), `step` (n_critic critic updates, one generator update). Without one: the two losses.
    """

    n_critic: Count
    learning_rate: Positive
    beta1: Beta
    beta2: Beta
    epoch_critic_updates: Annotated[int, Field(ge=1)]

    def build(self, shape: Shape, source: Networks | None) -> Networks:
        """Networks with their initial weights; `source` is the trained model to start or learn from, if any."""
        G = Generator(image_size=shape.image_size, latent_size=shape.latent_size, width=shape.generator_width)
        return Networks(G, Critic(image_size=shape.image_size, width=shape.critic_width))

    def freeze(self, networks: Networks) -> None:
        """Take what does not train out of training (see `freeze_layers`). Default: all trains."""

    def optimizers(self, networks: Networks) -> Optimizers:
        def adam(network: nn.Module) -> optim.Optimizer:
            # fused: one pass over the weights, without temporary copies of them
            return optim.Adam(trained(network), lr=self.learning_rate, betas=(self.beta1, self.beta2), fused=True)

        return Optimizers(adam(networks.G), adam(networks.D))

    def critic_terms(self, networks: Networks, batch: Batch) -> Terms:
        """Yield the named terms of the critic's loss, scalars to be minimised in sum."""
        raise NotImplementedError

    def generator_terms(self, networks: Networks, batch: Batch) -> Terms:
        """Yield the named terms of the generator's loss, scalars to be minimised in sum."""
        raise NotImplementedError

    def step(
        self, networks: Networks, optimizers: Optimizers, next_batch: Callable[[], list[Batch]]
    ) -> dict[str, Tensor]:
        """One generator update and the critic updates before it; returns the last value of each term.

        `next_batch` gives the batch of one critic update, in the parts whose gradients are accumulated.
        """

        def critic(batch: Batch) -> Terms:
            return self.critic_terms(networks, batch)

        def generator(batch: Batch) -> Terms:
            return self.generator_terms(networks, batch)

        for _ in range(self.n_critic - 1):
            descend(optimizers.D, networks.D, critic, next_batch())
        parts = next_batch()
        losses = descend(optimizers.D, networks.D, critic, parts)
        return losses | descend(optimizers.G, networks.G, generator, parts)


def trained(network: nn.Module) -> list[nn.Parameter]:
    """The parameters that training changes."""
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def descend(
    optimizer: optim.Optimizer, network: nn.Module, terms: Callable[[Batch], Terms], parts: list[Batch]
) -> dict[str, Tensor]:
    """One optimiser step on the sum of `terms`, averaged over the `parts` of a batch; returns each term's value.

    Gradients reach `network`'s trained parameters only. Each term's graph is freed before the next term is computed,
    so the peak of memory is the largest term's of one part; and no gradients are kept when it is done.
    """
    parameters, values = trained(network), {}
    for part in parts:
        for name, loss in terms(part):
            share = loss / len(parts)
            share.backward(inputs=parameters)
            values[name] = values.get(name, 0) + share.detach()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return values


def freeze_layers(layers: nn.Module) -> None:
    """No gradients, no optimiser state, and BatchNorm neither uses nor updates batch statistics."""
    layers.requires_grad_(False)
    layers.eval()
