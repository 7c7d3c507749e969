"""Knowledge distillation: a small generator learns from a trained one and from the images, as the thesis does it."""

from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor
from torch.nn import functional as F

from frugalgan.dataset import Batch
from frugalgan.methods.base import GENERATOR, Method, Networks, Shape, Source
from frugalgan.networks.dcgan import Critic, Student
from frugalgan.params import STRICT, Share
from frugalgan.teachers import LiveTeacher, PooledTeacher, Teacher
from frugalgan.training.descent import Terms

Pool = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, config=STRICT)
class Distillation(Method):
    """DC-GAN losses (Radford et al. 2015, arXiv:1511.06434) joined with the distance to the teacher's image:

    loss_G = α · BCE(D(student(z)), 1) + (1 − α) · MSE(student(z), teacher(z)), the same z into both;
    loss_D = BCE(D(x), 1) + BCE(D(student(z)), 0). The sigmoid on the critic's output is inside the BCE.
    """

    alpha: Share
    pool: Pool  # images of the teacher made beforehand; 0: the teacher is in memory and makes them as it goes

    def stand_in(self, shape: Shape) -> Source:
        if not self.pool:
            return super().stand_in(shape)
        images = np.broadcast_to(np.uint8(0), (self.pool, 3, shape.image_size, shape.image_size))
        return PooledTeacher(np.zeros((self.pool, shape.latent_size), np.float32), images)

    def build(self, shape: Shape, source: Source | None) -> Networks:
        if source is None:
            raise ValueError("distillation needs a trained model as the teacher, or its images: pass the folder")
        teacher = LiveTeacher(source.G) if isinstance(source, Networks) else source
        G = Student(image_size=shape.image_size, latent_size=shape.latent_size, width=shape.student_width)
        return Networks(G, Critic(image_size=shape.image_size, width=shape.critic_width), teacher)

    def fakes(self, networks: Networks, batch: Batch, purpose: str) -> Tensor:
        return networks.G(_teacher(networks).latents(batch, purpose))

    def critic_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        real_logits, fake_logits = networks.D(torch.cat([batch.real, fake])).chunk(2)
        yield "loss_D", F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()

    def generator_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        mse = F.mse_loss(fake, _teacher(networks).images(batch, GENERATOR))
        adversarial = F.softplus(-networks.D(fake)).mean()
        yield "loss_G", self.alpha * adversarial + (1 - self.alpha) * mse


def _teacher(networks: Networks) -> Teacher:
    assert networks.teacher is not None
    return networks.teacher
