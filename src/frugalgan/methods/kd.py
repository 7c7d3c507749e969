"""Knowledge distillation: a small generator learns from a trained one and from the images, as the thesis does it."""

from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor
from torch.nn import functional as F

from frugalgan.dataset import Batch
from frugalgan.descent import Terms
from frugalgan.losses import discriminator_loss, non_saturating_loss
from frugalgan.methods.adversarial import Adversarial, fresh_critic
from frugalgan.methods.base import CRITIC, GENERATOR, Networks, Shape, Source
from frugalgan.networks.dcgan import Student
from frugalgan.sections import STRICT, Share
from frugalgan.teachers import LiveTeacher, PooledTeacher, Teacher

Pool = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, config=STRICT)
class Distillation(Adversarial):
    """DC-GAN losses (Radford et al. 2015, arXiv:1511.06434) joined with the distance to the teacher's image:

    loss_G = α · BCE(D(student(z)), 1) + (1 − α) · MSE(student(z), teacher(z)), the same z into both;
    loss_D = BCE(D(x), 1) + BCE(D(student(z)), 0). The sigmoid on the critic's output is inside the BCE.
    """

    alpha: Share
    pool: Pool  # images of the teacher made beforehand; 0: the teacher is in memory and makes them as it goes

    def stand_in(self, shape: Shape) -> Source | None:
        if not self.pool:
            return super().stand_in(shape)
        images = np.broadcast_to(np.uint8(0), (self.pool, 3, shape.image_size, shape.image_size))
        return PooledTeacher(np.zeros((self.pool, shape.latent_size), np.float32), images)

    def build(self, shape: Shape, source: Source | None) -> Networks:
        if source is None:
            raise ValueError("distillation needs a trained model as the teacher, or its images: pass the folder")
        teacher = LiveTeacher(source.G) if isinstance(source, Networks) else source
        G = Student(image_size=shape.image_size, latent_size=shape.latent_size, width=shape.student_width)
        return Networks({GENERATOR: G, CRITIC: fresh_critic(shape)}, teacher)

    def fakes(self, networks: Networks, batch: Batch, purpose: str) -> Tensor:
        return networks.G(_teacher(networks).latents(batch, purpose))

    def critic_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        yield "loss_D", discriminator_loss(*networks.D(torch.cat([batch.real, fake])).chunk(2))

    def generator_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        mse = F.mse_loss(fake, _teacher(networks).images(batch, GENERATOR))
        adversarial = non_saturating_loss(networks.D(fake))
        yield "loss_G", self.alpha * adversarial + (1 - self.alpha) * mse


def _teacher(networks: Networks) -> Teacher:
    assert networks.teacher is not None
    return networks.teacher
