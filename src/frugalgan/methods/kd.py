"""Knowledge distillation: a small generator learns from a trained one and from the images, as the thesis does it."""

from typing import ClassVar

from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.config.sections import STRICT, Share
from frugalgan.data.batches import Batch
from frugalgan.methods.gan import Gan
from frugalgan.methods.gradients import Terms
from frugalgan.methods.losses import mean_squared_error
from frugalgan.methods.teachers import Teacher
from frugalgan.networks.parts import GENERATOR, Networks


@dataclass(frozen=True, config=STRICT)
class Distillation(Gan):
    """DC-GAN losses (Radford et al. 2015, arXiv:1511.06434) joined with the distance to the teacher's image:

    loss_G = α · BCE(D(student(z)), 1) + (1 − α) · MSE(student(z), teacher(z)), the same z into both;
    loss_D = BCE(D(x), 1) + BCE(D(student(z)), 0). The sigmoid on the critic's output is inside the BCE.
    """

    alpha: Share

    needs_teacher: ClassVar[bool] = True

    def fakes(self, networks: Networks, batch: Batch, purpose: str) -> Tensor:
        return self.images(networks, _teacher(networks).latents(batch, purpose), batch, purpose)

    def generator_terms(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        distance = self.distance(networks, batch, fake, _teacher(networks).images(batch, GENERATOR))
        yield "loss_G", self.alpha * self.adversarial(networks, batch, fake) + (1 - self.alpha) * distance

    def distance(self, networks: Networks, batch: Batch, fake: Tensor, taught: Tensor) -> Tensor:
        """Of the student's images from the teacher's of the same z, both (N, C, S, S) in [-1, 1]."""
        return mean_squared_error(fake, taught)


def _teacher(networks: Networks) -> Teacher:
    if not isinstance(networks.teacher, Teacher):
        raise ValueError("distillation needs a teacher: choose a start with `teacher: true` in models.yaml")
    return networks.teacher
