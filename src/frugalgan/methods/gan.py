"""What all GANs have in common: a generator and a critic, updated in turn."""

from collections.abc import Callable
from dataclasses import replace
from typing import Self

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, optim

from frugalgan.config.sections import STRICT, Count, Positive
from frugalgan.data.batches import Batch
from frugalgan.data.facts import DataFacts
from frugalgan.methods.base import Method, Optimizers
from frugalgan.methods.gradients import Accumulation, Terms
from frugalgan.networks import Family
from frugalgan.networks.parts import CRITIC, GENERATOR, Networks, trainable


@dataclass(frozen=True, config=STRICT)
class Gan(Method):
    """A GAN. Further hooks with a default: `fakes` (of new z), `scores`; without: the terms of both losses."""

    n_critic: Count
    critic_learning_rate: Positive  # `learning_rate` is the generator's (TTUR: Heusel et al. 2017, arXiv:1706.08500)

    @property
    def batches_per_step(self) -> int:
        return self.n_critic

    def shortest_step(self) -> Self:
        return replace(self, n_critic=1)

    def build(self, family: Family, data: DataFacts) -> Networks:
        return Networks({GENERATOR: family.generator(data), CRITIC: family.critic(data)})

    def learning_rate_of(self, part: str) -> float:
        return self.critic_learning_rate if part == CRITIC else self.learning_rate

    def fakes(self, networks: Networks, batch: Batch, purpose: str) -> Tensor:
        """G's images for an update (CRITIC or GENERATOR), as many as `batch` has: (N, C, S, S) in [-1, 1]."""
        return networks.G(batch.normal(purpose, networks.G.arguments["latent_size"]), batch.labels)

    def scores(self, networks: Networks, images: Tensor, batch: Batch, *, after: int = 0) -> Tensor:
        """D of images → logits or critic values: (kN, C, S, S) → (kN,), k times as many as `batch` has, whose labels
        they take in turn.

        All calls of D are this one, so what changes images on their way to D stands here. `after`: it is given what
        D's first so many blocks made of images.
        """
        y = batch.labels_of(images)
        return networks.D.rest(after, images, y) if after else networks.D(images, y)

    def critic_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        """Yield the named terms of the critic's loss, each a mean over the samples; `fake` without gradients."""
        raise NotImplementedError

    def generator_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        """Yield the named terms of the generator's loss on its images `fake`, each a mean over the samples."""
        raise NotImplementedError

    def step(
        self, networks: Networks, optimizers: Optimizers, next_batch: Callable[[], Batch], accumulation: Accumulation
    ) -> dict[str, Tensor]:
        """n_critic critic updates, a batch each, and one generator update, which has the last one's key."""
        for _ in range(self.n_critic - 1):
            self.update_critic(networks, optimizers[CRITIC], next_batch(), accumulation)
        batch = next_batch()
        losses = self.update_critic(networks, optimizers[CRITIC], batch, accumulation)
        return losses | self.update_generator(networks, optimizers[GENERATOR], batch, accumulation)

    def update_critic(
        self, networks: Networks, optimizer: optim.Optimizer, batch: Batch, accumulation: Accumulation
    ) -> dict[str, Tensor]:
        """One step of the critic; G draws without a graph, for a whole part at once (its statistics are the part's)."""
        update = accumulation.update(optimizer, parts=accumulation.accumulate * accumulation.critic_parts)
        for part in batch.split(accumulation.accumulate):
            with torch.no_grad():
                fake = self.fakes(networks, part, CRITIC)
            pieces = zip(part.split(accumulation.critic_parts), fake.chunk(accumulation.critic_parts), strict=True)
            for piece, images in pieces:
                update.add(self.critic_terms(networks, piece, images), trainable(networks.D))
        return update.finish()

    def update_generator(
        self, networks: Networks, optimizer: optim.Optimizer, batch: Batch, accumulation: Accumulation
    ) -> dict[str, Tensor]:
        """One step of the generator; the critic's graph is freed before G is backpropagated."""
        trained = networks.trainable_of_generator(batch.seen)
        update = accumulation.update(optimizer, parts=accumulation.accumulate * accumulation.critic_parts)
        for part in batch.split(accumulation.accumulate):
            with torch.set_grad_enabled(bool(trained)):
                fake = self.fakes(networks, part, GENERATOR)
            images = fake.detach().requires_grad_()
            pieces = zip(part.split(accumulation.critic_parts), images.chunk(accumulation.critic_parts), strict=True)
            for piece, some in pieces:
                update.add(self.generator_terms(networks, piece, some), [images])
            if trained:
                fake.backward(images.grad, inputs=trained)
        return update.finish()
