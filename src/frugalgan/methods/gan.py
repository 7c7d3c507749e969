"""What all GANs have in common: a generator and a critic, updated in turn, and the switches of a recipe."""

from collections.abc import Callable
from dataclasses import field, replace
from functools import partial
from typing import ClassVar, Self

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, optim

from frugalgan.config.sections import STRICT, Count, GanRecipe, Positive
from frugalgan.data.batches import Batch
from frugalgan.data.facts import DataFacts
from frugalgan.methods.augment import augmented
from frugalgan.methods.base import Method, Optimizers
from frugalgan.methods.gradients import Accumulation, Terms
from frugalgan.methods.lecam import MEAN_FAKE, MEAN_REAL, Means, lecam_penalty
from frugalgan.methods.losses import ADVERSARIAL, Adversarial, zero_centred_penalty
from frugalgan.methods.orthogonal import orthogonality
from frugalgan.networks import Family, Network
from frugalgan.networks.parts import CRITIC, GENERATOR, Networks, trainable


@dataclass(frozen=True, config=STRICT)
class Gan(Method):
    """A GAN. Further hooks with a default: `fakes` (of new z), the terms of both losses, `generator_penalties`,
    `scores`; and `own_loss`, which the recipe may replace."""

    n_critic: Count
    critic_learning_rate: Positive  # `learning_rate` is the generator's (TTUR: Heusel et al. 2017, arXiv:1706.08500)
    recipe: GanRecipe = field(default=GanRecipe(), kw_only=True)  # not of the method's section, but of the row's

    own_loss: ClassVar[str] = "non_saturating"
    has_penalty: ClassVar[bool] = False  # of its own, that `penalty_every` makes lazy

    def with_recipe(self, recipe: GanRecipe) -> Self:
        """The method with these switches. Raises ValueError where it does not offer one of them."""
        if recipe.penalty_every != 1 and not (recipe.r1 or recipe.r2 or self.has_penalty):
            raise ValueError(
                f"penalty_every: {recipe.penalty_every} without a penalty: set r1 or r2 too, or leave it out"
            )
        return replace(self, recipe=recipe, **recipe.instead())

    @property
    def loss(self) -> Adversarial:
        """The recipe's, or the method's own."""
        return ADVERSARIAL[self.recipe.loss or self.own_loss]

    @property
    def period(self) -> int:
        return self.recipe.penalty_every

    @property
    def batches_per_step(self) -> int:
        return self.n_critic

    def shortest_step(self) -> Self:
        return replace(self, n_critic=1, recipe=replace(self.recipe, penalty_every=1))

    def build(self, family: Family, data: DataFacts) -> Networks:
        means = Means() if self.recipe.lecam else None
        return Networks({GENERATOR: family.generator(data), CRITIC: family.critic(data)}, means=means)

    def learning_rate_of(self, part: str) -> float:
        return self.critic_learning_rate if part == CRITIC else self.learning_rate

    def ema_decay(self, images: int, decay: float) -> float:
        kimg = self.recipe.ema_kimg
        return decay if kimg is None else 0.5 ** (images * self.batches_per_step / (1000 * kimg)) if kimg else 0.0

    def fakes(self, networks: Networks, batch: Batch, purpose: str) -> Tensor:
        """G's images for an update (CRITIC or GENERATOR), as many as `batch` has: (N, C, S, S) in [-1, 1]."""
        return self.images(networks, batch.normal(purpose, networks.G.latent_size), batch, purpose)

    def images(self, networks: Networks, z: Tensor, batch: Batch, purpose: str) -> Tensor:
        """G's images of these z, one per row of `batch`, whose labels and noise they have."""
        return networks.G(z, batch.labels, *self.noise(networks.G, batch, purpose))

    def noise(self, G: Network, batch: Batch, purpose: str) -> list[Tensor]:
        """The maps of noise that G takes, of these random numbers; none of most."""
        return [
            batch.normal(f"{purpose} noise {place}", side**2).unflatten(1, (1, side, side))
            for place, side in enumerate(G.noise)
        ]

    def scores(self, networks: Networks, images: Tensor, batch: Batch, *, stream: str = CRITIC) -> Tensor:
        """D of images → logits or critic values: (kN, C, S, S) → (kN, …), k times as many as `batch` has, whose labels
        they take in turn.

        What changes images on their way to D stands here; only what needs D's first blocks alone calls `D.first`, of
        images that it gives to `augmented`. `stream` names the random numbers.
        """
        y, images = batch.labels_of(images), self.augmented(images, batch, stream)
        if networks.D.group == 1:
            return networks.D(images, y)
        n = len(batch.real)  # real ones are compared with real ones
        labels = [None] * (len(images) // n) if y is None else y.split(n)
        return torch.cat([networks.D(some, of) for some, of in zip(images.split(n), labels, strict=True)])

    def augmented(self, images: Tensor, batch: Batch, stream: str = CRITIC) -> Tensor:
        """The images as the critic is to see them, k times as many as `batch` has."""
        return augmented(images, self.recipe.augment, batch, stream)

    def critic_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        """Yield the named terms of the critic's loss, each a mean over the samples; `fake` without gradients."""
        yield from self.adversarial_terms(networks, self.scores(networks, torch.cat([batch.real, fake]), batch))
        yield from self.penalties(networks, batch, fake)

    def adversarial_terms(self, networks: Networks, scores: Tensor) -> Terms:
        """The critic's adversarial loss, and LeCam's; the first half of `scores` is of real images."""
        real, fake = scores.chunk(2)
        loss = self.loss.critic(real, fake)
        if not isinstance(means := networks.means, Means):
            yield "loss_D", loss
        else:
            yield "loss_D", loss + self.recipe.lecam * lecam_penalty(real, fake, means)
            yield MEAN_REAL, real.detach().mean()
            yield MEAN_FAKE, fake.detach().mean()

    def penalties(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        """Those that the recipe asks for."""
        every = self.recipe.penalty_every
        if self.recipe.r1:
            yield "r1", self.zero_centred(networks, batch, batch.real, "r1", self.recipe.r1, every)
        if self.recipe.r2:
            yield "r2", self.zero_centred(networks, batch, fake, "r2", self.recipe.r2, every)

    def zero_centred(
        self, networks: Networks, batch: Batch, images: Tensor, stream: str, weight: float, every: int
    ) -> Tensor:
        """`weight` times R1 or R2 at these images, at every `every`-th update; `stream` names the random numbers."""
        D = partial(self.scores, networks, batch=batch, stream=stream)
        return lazy(batch, every, lambda: weight * zero_centred_penalty(D, images))

    def generator_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        """Yield the named terms of the generator's loss on its images `fake`, each a mean over the samples."""
        yield "loss_G", self.adversarial(networks, batch, fake)

    def generator_penalties(self, networks: Networks, batch: Batch) -> Terms:
        """Yield further terms of the generator's loss, of images that they draw themselves. Default: none."""
        yield from ()

    def adversarial(self, networks: Networks, batch: Batch, fake: Tensor) -> Tensor:
        """The generator's adversarial loss."""
        real = fake.new_zeros(())
        if self.loss.pairs:
            with torch.no_grad():
                real = self.scores(networks, batch.real, batch, stream="compared")
        return self.loss.generator(self.scores(networks, fake, batch, stream=GENERATOR), real)

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
        networks.D.next_update()
        count = accumulation.pieces(len(batch.real), networks.D.group)
        update = accumulation.update(optimizer, parts=accumulation.accumulate * count)
        for part in batch.split(accumulation.accumulate):
            with torch.no_grad():
                fake = self.fakes(networks, part, CRITIC)
            for piece, images in zip(part.split(count), fake.chunk(count), strict=True):
                update.add(self.critic_terms(networks, piece, images), trainable(networks.D))
        losses = update.finish()
        if isinstance(means := networks.means, Means):
            means.update(*(accumulation.mean_of_processes(losses[name]) for name in (MEAN_REAL, MEAN_FAKE)))
        if self.recipe.clip:
            with torch.no_grad():
                for parameter in trainable(networks.D):
                    parameter.clamp_(-self.recipe.clip, self.recipe.clip)
        return losses

    def update_generator(
        self, networks: Networks, optimizer: optim.Optimizer, batch: Batch, accumulation: Accumulation
    ) -> dict[str, Tensor]:
        """One step of the generator; the critic's graph is freed before G is backpropagated."""
        trained = networks.trainable_of_generator(batch.seen)
        networks.G.next_update()
        count = accumulation.pieces(len(batch.real), networks.D.group)
        update = accumulation.update(optimizer, parts=accumulation.accumulate * count)
        for part in batch.split(accumulation.accumulate):
            with torch.set_grad_enabled(bool(trained)):
                fake = self.fakes(networks, part, GENERATOR)
            images = fake.detach().requires_grad_()
            for piece, some in zip(part.split(count), images.chunk(count), strict=True):
                update.add(self.generator_terms(networks, piece, some), [images])
            if trained:
                fake.backward(images.grad, inputs=trained)
                for piece in part.split(count):
                    update.add(self.generator_penalties(networks, piece), trained)
        if self.recipe.orthogonal:
            update.add_once("orthogonal", self.recipe.orthogonal * orthogonality(networks.G, trained), trained)
        return update.finish()


def lazy(batch: Batch, every: int, penalty: Callable[[], Tensor]) -> Tensor:
    """`every` times `penalty()` at every `every`-th update of the critic, and 0 at all others, which do not compute it:
    lazy regularisation (Karras et al. 2020, arXiv:1912.04958), whose penalty joins the loss of its update here."""
    return every * penalty() if batch.is_due(every) else batch.real.new_zeros(())
