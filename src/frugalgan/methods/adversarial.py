"""What all GANs have in common: a generator and a critic, updated in turn."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Self

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn, optim

from frugalgan.dataset import Batch
from frugalgan.descent import Descent, Terms
from frugalgan.methods.base import CRITIC, GENERATOR, Method, Networks, Optimizers, Shape, Source, trained
from frugalgan.networks.dcgan import Critic, Generator
from frugalgan.sections import STRICT, Count


@dataclass(frozen=True, config=STRICT)
class Adversarial(Method):
    """A GAN. Further hooks with a default: `fakes` (of new z), `moving`; without: the terms of both losses."""

    n_critic: Count
    epoch_critic_updates: Annotated[int, Field(ge=1)]

    @property
    def batches_per_step(self) -> int:
        return self.n_critic

    @property
    def epoch_batches(self) -> int:
        return self.epoch_critic_updates

    def stand_in(self, shape: Shape) -> Source | None:
        return Adversarial.build(self, shape, None)

    def shortest_step(self) -> Self:
        return replace(self, n_critic=1)

    def build(self, shape: Shape, source: Source | None) -> Networks:
        """Fresh networks; with labels where the shape has classes."""
        G = Generator(
            image_size=shape.image_size,
            latent_size=shape.latent_size,
            width=shape.generator_width,
            channels=shape.channels,
            classes=shape.classes,
        )
        return Networks({GENERATOR: G, CRITIC: fresh_critic(shape)})

    def fakes(self, networks: Networks, batch: Batch, purpose: str) -> Tensor:
        """G's images for an update (CRITIC or GENERATOR), as many as `batch` has: (N, C, S, S) in [-1, 1]."""
        return networks.G(batch.normal(purpose, networks.G.arguments["latent_size"]), batch.labels)

    def moving(self, networks: Networks, batch: Batch) -> Sequence[nn.Parameter]:
        """The parameters of G that the update on `batch` changes; none: the generator waits. Default: all."""
        return trained(networks.G)

    def critic_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        """Yield the named terms of the critic's loss, each a mean over the samples; `fake` without gradients."""
        raise NotImplementedError

    def generator_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        """Yield the named terms of the generator's loss on its images `fake`, each a mean over the samples."""
        raise NotImplementedError

    def step(
        self, networks: Networks, optimizers: Optimizers, next_batch: Callable[[], Batch], descent: Descent
    ) -> dict[str, Tensor]:
        """n_critic critic updates, a batch each, and one generator update, which has the last one's key."""
        for _ in range(self.n_critic - 1):
            self.update_critic(networks, optimizers[CRITIC], next_batch(), descent)
        batch = next_batch()
        losses = self.update_critic(networks, optimizers[CRITIC], batch, descent)
        return losses | self.update_generator(networks, optimizers[GENERATOR], batch, descent)

    def update_critic(
        self, networks: Networks, optimizer: optim.Optimizer, batch: Batch, descent: Descent
    ) -> dict[str, Tensor]:
        """One step of the critic; G draws without a graph, for a whole part at once (its statistics are the part's)."""
        update = descent.update(optimizer, parts=descent.accumulate * descent.critic_parts)
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
        moving = self.moving(networks, batch)
        update = descent.update(optimizer, parts=descent.accumulate * descent.critic_parts)
        for part in batch.split(descent.accumulate):
            with torch.set_grad_enabled(bool(moving)):
                fake = self.fakes(networks, part, GENERATOR)
            images = fake.detach().requires_grad_()
            pieces = zip(part.split(descent.critic_parts), images.chunk(descent.critic_parts), strict=True)
            for piece, some in pieces:
                update.add(self.generator_terms(networks, piece, some), [images])
            if moving:
                fake.backward(images.grad, inputs=moving)
        return update.finish()


def fresh_critic(shape: Shape) -> Critic:
    """The critic of that shape."""
    return Critic(image_size=shape.image_size, width=shape.critic_width, channels=shape.channels, classes=shape.classes)
