"""The one seam: what a method may decide. A method overrides the hooks in which it differs, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass
from torch import Tensor, nn, optim

from frugalgan.dataset import Batch
from frugalgan.networks import Network
from frugalgan.networks.dcgan import Critic, Generator
from frugalgan.params import STRICT, Beta, Count, Params, Positive
from frugalgan.teachers import Teacher
from frugalgan.training.descent import Descent, Terms

CRITIC, GENERATOR = "critic", "generator"  # whose update fakes are for


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
    teacher: Teacher | None = None

    def all(self) -> list[Network]:
        """Every network in memory, the teacher's included."""
        modules = (self.G, self.D) if self.teacher is None else (self.G, self.D, self.teacher)
        return [found for module in modules for found in module.modules() if isinstance(found, Network)]


Source = Networks | Teacher  # what a method may start or learn from


@dataclass(frozen=True)
class Optimizers:
    G: optim.Optimizer
    D: optim.Optimizer


@checked_dataclass(frozen=True, config=STRICT)
class Method:
    """A method; its fields are its sections of params.yaml. Immutable: all that changes is in the training state.

    Hooks with a default: `build` (networks and initial weights), `freeze` (what does not train), `optimizers`
    (Adam), `fakes` (G's images of new z), `step` (n_critic critic updates, one generator update), and for planning
    `stand_in`. Without one: the terms of the two losses.
    """

    n_critic: Count
    learning_rate: Positive
    beta1: Beta
    beta2: Beta
    epoch_critic_updates: Annotated[int, Field(ge=1)]

    def stand_in(self, shape: Shape) -> Source:
        """What takes the place of the trained source where training is only planned: as large, untrained."""
        return Method.build(self, shape, None)

    def build(self, shape: Shape, source: Source | None) -> Networks:
        """Networks with their initial weights; `source` is what to start or learn from, if anything."""
        G = Generator(image_size=shape.image_size, latent_size=shape.latent_size, width=shape.generator_width)
        return Networks(G, Critic(image_size=shape.image_size, width=shape.critic_width))

    def freeze(self, networks: Networks) -> None:
        """Take what does not train out of training (see `freeze_layers`). Default: all trains."""

    def optimizers(self, networks: Networks) -> Optimizers:
        def adam(network: nn.Module) -> optim.Optimizer:
            # fused: one pass over the weights, without temporary copies of them
            return optim.Adam(trained(network), lr=self.learning_rate, betas=(self.beta1, self.beta2), fused=True)

        return Optimizers(adam(networks.G), adam(networks.D))

    def fakes(self, networks: Networks, batch: Batch, purpose: str) -> Tensor:
        """G's images for an update (CRITIC or GENERATOR), as many as `batch` has: (N, 3, S, S) in [-1, 1]."""
        return networks.G(batch.normal(purpose, networks.G.arguments["latent_size"]))

    def critic_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        """Yield the named terms of the critic's loss, each a mean over the samples; `fake` without gradients."""
        raise NotImplementedError

    def generator_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        """Yield the named terms of the generator's loss on its images `fake`, each a mean over the samples."""
        raise NotImplementedError

    def step(
        self, networks: Networks, optimizers: Optimizers, next_batch: Callable[[], Batch], descent: Descent
    ) -> dict[str, Tensor]:
        """One generator update and the critic updates before it; returns the last value of each term.

        `next_batch` gives the batch of one critic update; the generator's update has the last one's key.
        """
        for _ in range(self.n_critic - 1):
            self.update_critic(networks, optimizers.D, next_batch(), descent)
        batch = next_batch()
        losses = self.update_critic(networks, optimizers.D, batch, descent)
        return losses | self.update_generator(networks, optimizers.G, batch, descent)

    def update_critic(
        self, networks: Networks, optimizer: optim.Optimizer, batch: Batch, descent: Descent
    ) -> dict[str, Tensor]:
        """One step of the critic; G draws without a graph, for a whole part at once (its statistics are the part's)."""
        update = descent.update(optimizer, trained(networks.D))
        for part in batch.split(descent.accumulate):
            with torch.no_grad():
                fake = self.fakes(networks, part, CRITIC)
            pieces = zip(part.split(descent.critic_parts), fake.chunk(descent.critic_parts), strict=True)
            for piece, images in pieces:
                update.add(self.critic_terms(networks, piece, images), trained(networks.D))
        return update.finish()

    def update_generator(
        self, networks: Networks, optimizer: optim.Optimizer, batch: Batch, descent: Descent
    ) -> dict[str, Tensor]:
        """One step of the generator; the critic's graph is freed before G's is gone back through."""
        update = descent.update(optimizer, trained(networks.G))
        for part in batch.split(descent.accumulate):
            fake = self.fakes(networks, part, GENERATOR)
            images = fake.detach().requires_grad_()
            pieces = zip(part.split(descent.critic_parts), images.chunk(descent.critic_parts), strict=True)
            for piece, some in pieces:
                update.add(self.generator_terms(networks, piece, some), [images])
            fake.backward(images.grad, inputs=trained(networks.G))
        return update.finish()


def trained(network: nn.Module) -> list[nn.Parameter]:
    """The parameters that training changes."""
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def freeze_layers(layers: nn.Module) -> None:
    """No gradients, no optimiser state, and BatchNorm neither uses nor updates batch statistics."""
    layers.requires_grad_(False)
    layers.eval()
