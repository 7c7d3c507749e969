"""Ordinary training: the Wasserstein GAN with gradient penalty (Gulrajani et al. 2017, arXiv:1704.00028)."""

from collections.abc import Callable
from typing import Annotated

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.dataset import Batch
from frugalgan.descent import Terms
from frugalgan.losses import gradient_penalty
from frugalgan.methods.adversarial import Adversarial
from frugalgan.methods.base import Networks
from frugalgan.sections import STRICT

CriticFunction = Callable[[Tensor, Tensor | None], Tensor]  # of images or features, and labels


@dataclass(frozen=True, config=STRICT)
class WganGp(Adversarial):
    """Algorithm 1, with λ = `gradient_penalty`:

    loss_D = E[D(G(z))] − E[D(x)] + λ E[(‖∇_y D(y)‖₂ − 1)²], loss_G = −E[D(G(z))].
    """

    gradient_penalty: Annotated[float, Field(ge=0)]

    def critic_view(self, networks: Networks, real: Tensor, fake: Tensor) -> tuple[CriticFunction, Tensor, Tensor]:
        """The function that the critic's loss is about, and its real and fake inputs: D and the images."""
        return networks.D, real, fake

    def critic_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        D, real, fake = self.critic_view(networks, batch.real, fake)
        real_logits, fake_logits = D(torch.cat([real, fake]), batch.labels_twice()).chunk(2)
        yield "loss_D", fake_logits.mean() - real_logits.mean()
        penalty = gradient_penalty(lambda y: D(y, batch.labels), real, fake, batch.uniform("penalty"))
        yield "gradient_penalty", self.gradient_penalty * penalty

    def generator_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        yield "loss_G", -networks.D(fake, batch.labels).mean()
