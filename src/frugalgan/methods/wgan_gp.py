"""Ordinary training: the Wasserstein GAN with gradient penalty (Gulrajani et al. 2017, arXiv:1704.00028)."""

from collections.abc import Callable
from typing import Annotated, Literal

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.config.sections import STRICT
from frugalgan.data.batches import Batch
from frugalgan.methods.gan import Gan
from frugalgan.methods.gradients import Terms
from frugalgan.methods.losses import gradient_penalty
from frugalgan.networks.parts import Networks

CriticFunction = Callable[[Tensor, Tensor | None], Tensor]  # of images or features, and labels


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

    def critic_view(self, networks: Networks, real: Tensor, fake: Tensor) -> tuple[CriticFunction, Tensor, Tensor]:
        """The function that the critic's loss is about, and its real and fake inputs."""
        D, frozen = networks.D, networks.D.frozen_layers
        if self.penalty_at == "image" or not frozen:
            return D, real, fake
        with torch.no_grad():
            real, fake = D.through(torch.cat([real, fake]), stop=frozen).chunk(2)
        return lambda features, labels: D.through(features, start=frozen).flatten(), real, fake

    def critic_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        D, real, fake = self.critic_view(networks, batch.real, fake)
        real_logits, fake_logits = D(torch.cat([real, fake]), batch.labels_twice()).chunk(2)
        yield "loss_D", fake_logits.mean() - real_logits.mean()
        penalty = gradient_penalty(lambda y: D(y, batch.labels), real, fake, batch.uniform("penalty"))
        yield "gradient_penalty", self.gradient_penalty * penalty

    def generator_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        yield "loss_G", -networks.D(fake, batch.labels).mean()
