"""Ordinary training: the Wasserstein GAN with gradient penalty (Gulrajani et al. 2017, arXiv:1704.00028)."""

from functools import partial
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.config.sections import STRICT
from frugalgan.data.batches import Batch
from frugalgan.methods.gan import Gan, lazy
from frugalgan.methods.gradients import Terms
from frugalgan.methods.losses import gradient_penalty
from frugalgan.networks.offers import Cut
from frugalgan.networks.parts import CRITIC, Networks


@dataclass(frozen=True, config=STRICT)
class WganGp(Gan):
    """Algorithm 1, with λ = `gradient_penalty`:

    loss_D = E[D(G(z))] − E[D(x)] + λ E[(‖∇_y D(y)‖₂ − 1)²], loss_G = −E[D(G(z))].

    `penalty_at` "features" takes the critic's frozen layers (FreezeD, see `Start`) as a fixed function h and the rest
    as the critic f: loss_D = E[f(h(G(z)))] − E[f(h(x))] + λ E[(‖∇_y f(y)‖₂ − 1)²], y = ε h(x) + (1 − ε) h(G(z)).
    f is then held to slope 1 in the features instead of the image, so it is another critic, for which nothing is
    backpropagated through the frozen layers. Without frozen layers it is the same as "image".
    """

    gradient_penalty: Annotated[float, Field(ge=0)]
    penalty_at: Literal["image", "features"]

    own_loss: ClassVar[str] = "wasserstein"
    has_penalty: ClassVar[bool] = True

    def check(self, networks: Networks) -> None:
        if self.cut(networks):
            self.cut_critic(networks)
            if self.recipe.r1 or self.recipe.r2:
                raise ValueError("wgan_gp.penalty_at: features allows no r1 and r2 of the recipe, which are at images")

    def cut(self, networks: Networks) -> int:
        """Behind how many blocks of D the critic f begins; 0: it is D itself."""
        return networks.D.frozen_blocks if self.penalty_at == "features" else 0

    def cut_critic(self, networks: Networks) -> Cut:
        """D, where it is cut. Raises ValueError where it cannot be."""
        return networks.D.require(Cut, "wgan_gp.penalty_at: features")

    def critic_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        real, cut = batch.real, self.cut(networks)
        if cut:
            both = self.augmented(torch.cat([real, fake]), batch)
            with torch.no_grad():
                real, fake = self.cut_critic(networks).first(cut, both, batch.labels_of(both)).chunk(2)

        def f(x: Tensor, stream: str = CRITIC) -> Tensor:
            if cut:
                return self.cut_critic(networks).rest(cut, x, batch.labels_of(x))
            return self.scores(networks, x, batch, stream=stream)

        def penalty() -> Tensor:
            epsilon = batch.uniform("penalty")
            return self.gradient_penalty * gradient_penalty(partial(f, stream="penalty"), real, fake, epsilon)

        yield from self.adversarial_terms(networks, f(torch.cat([real, fake])))
        yield "gradient_penalty", lazy(batch, self.recipe.penalty_every, penalty)
        if not cut:
            yield from self.penalties(networks, batch, fake)
