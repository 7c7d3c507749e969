"""The GAN with the original, non-saturating loss on convolutional networks (Radford et al. 2015, arXiv:1511.06434)."""

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.config.sections import STRICT
from frugalgan.data.batches import Batch
from frugalgan.methods.gan import Gan
from frugalgan.methods.gradients import Terms
from frugalgan.methods.losses import discriminator_loss, non_saturating_loss
from frugalgan.networks.parts import Networks


@dataclass(frozen=True, config=STRICT)
class DcGan(Gan):
    """loss_D = BCE(D(x), 1) + BCE(D(G(z)), 0), loss_G = BCE(D(G(z)), 1). The critic is the thesis's, with its sigmoid
    inside the BCE and instance instead of batch statistics."""

    def critic_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        logits = self.scores(networks, torch.cat([batch.real, fake]), batch)
        yield "loss_D", discriminator_loss(*logits.chunk(2))

    def generator_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        yield "loss_G", non_saturating_loss(self.scores(networks, fake, batch))
