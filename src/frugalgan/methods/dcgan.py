"""The GAN with the original, non-saturating loss on convolutional networks (Radford et al. 2015, arXiv:1511.06434)."""

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.dataset import Batch
from frugalgan.descent import Terms
from frugalgan.losses import discriminator_loss, non_saturating_loss
from frugalgan.methods.adversarial import Adversarial
from frugalgan.methods.base import Networks
from frugalgan.sections import STRICT


@dataclass(frozen=True, config=STRICT)
class DcGan(Adversarial):
    """loss_D = BCE(D(x), 1) + BCE(D(G(z)), 0), loss_G = BCE(D(G(z)), 1). The critic is the thesis's, with its sigmoid
    inside the BCE and instance instead of batch statistics."""

    def critic_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        logits = networks.D(torch.cat([batch.real, fake]), batch.labels_twice())
        yield "loss_D", discriminator_loss(*logits.chunk(2))

    def generator_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        yield "loss_G", non_saturating_loss(networks.D(fake, batch.labels))
