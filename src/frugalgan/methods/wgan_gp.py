"""Ordinary training: the Wasserstein GAN with gradient penalty (Gulrajani et al. 2017, arXiv:1704.00028)."""

from typing import Annotated

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass

from frugalgan.dataset import Batch
from frugalgan.losses import gradient_penalty
from frugalgan.methods.base import Method, Networks, Terms
from frugalgan.params import STRICT


@dataclass(frozen=True, config=STRICT)
class WganGp(Method):
    """Algorithm 1, with λ = `gradient_penalty`:

    loss_D = E[D(G(z))] − E[D(x)] + λ E[(‖∇_y D(y)‖₂ − 1)²], loss_G = −E[D(G(z))].
    """

    gradient_penalty: Annotated[float, Field(ge=0)]

    def critic_terms(self, networks: Networks, batch: Batch) -> Terms:
        with torch.no_grad():
            fake = networks.G(batch.normal(networks.G.arguments["latent_size"]))
        real_logits, fake_logits = networks.D(torch.cat([batch.real, fake])).chunk(2)
        yield "loss_D", fake_logits.mean() - real_logits.mean()
        yield (
            "gradient_penalty",
            self.gradient_penalty * gradient_penalty(networks.D, batch.real, fake, batch.uniform()),
        )

    def generator_terms(self, networks: Networks, batch: Batch) -> Terms:
        fake = networks.G(batch.normal(networks.G.arguments["latent_size"]))
        yield "loss_G", -networks.D(fake).mean()
