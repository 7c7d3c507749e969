"""Knowledge distillation: a small generator learns from a trained one and from the images, as the thesis does it."""

import torch
from pydantic.dataclasses import dataclass
from torch.nn import functional as F

from frugalgan.dataset import Batch
from frugalgan.methods.base import Method, Networks, Shape, Terms, freeze_layers
from frugalgan.networks.dcgan import Critic, Student
from frugalgan.params import STRICT, Share


@dataclass(frozen=True, config=STRICT)
class Distillation(Method):
    """DC-GAN losses (Radford et al. 2015, arXiv:1511.06434) joined with the distance to the teacher's image:

    loss_G = α · BCE(D(student(z)), 1) + (1 − α) · MSE(student(z), teacher(z)), the same z into both;
    loss_D = BCE(D(x), 1) + BCE(D(student(z)), 0). The sigmoid on the critic's output is inside the BCE.
    """

    alpha: Share

    def build(self, shape: Shape, source: Networks | None) -> Networks:
        if source is None:
            raise ValueError("distillation needs a trained model as the teacher: pass its folder")
        freeze_layers(source.G)
        G = Student(image_size=shape.image_size, latent_size=shape.latent_size, width=shape.student_width)
        return Networks(G, Critic(image_size=shape.image_size, width=shape.critic_width), teacher=source.G)

    def critic_terms(self, networks: Networks, batch: Batch) -> Terms:
        with torch.no_grad():
            fake = networks.G(batch.normal(networks.G.arguments["latent_size"]))
        real_logits, fake_logits = networks.D(torch.cat([batch.real, fake])).chunk(2)
        yield "loss_D", F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()

    def generator_terms(self, networks: Networks, batch: Batch) -> Terms:
        assert networks.teacher is not None
        z = batch.normal(networks.G.arguments["latent_size"])
        with torch.no_grad():
            target = networks.teacher(z)
        fake = networks.G(z)
        mse = F.mse_loss(fake, target)
        adversarial = F.softplus(-networks.D(fake)).mean()
        yield "loss_G", self.alpha * adversarial + (1 - self.alpha) * mse
