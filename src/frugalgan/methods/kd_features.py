"""Knowledge distillation that compares images by what the critic makes of them, too."""

from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.config.sections import STRICT, Positive
from frugalgan.data.batches import Batch
from frugalgan.methods.kd import Distillation
from frugalgan.methods.losses import mean_squared_error
from frugalgan.networks.offers import Cut
from frugalgan.networks.parts import Networks


@dataclass(frozen=True, config=STRICT)
class FeatureDistillation(Distillation):
    """`kd` with h, the first half of the student's critic, beside the pixels, as TinyGAN does (Chang & Lu 2020,
    arXiv:2009.13829, with all layers of its critic):

    loss_G = α · BCE(D(student(z)), 1) + (1 − α) · (MSE(x, t) + β · MSE(h(x), h(t))), x = student(z), t = teacher(z).
    Pixels alone reward a blur; what the critic sees of a blur differs. β is `features`. Where the recipe augments, h
    sees x and t augmented in the same way.
    """

    features: Positive

    def check(self, networks: Networks) -> None:
        super().check(networks)
        self.cut_critic(networks)

    def cut_critic(self, networks: Networks) -> Cut:
        """D, whose first half is h. Raises ValueError where it cannot be cut."""
        return networks.D.require(Cut, "kd_features")

    def distance(self, networks: Networks, batch: Batch, fake: Tensor, taught: Tensor) -> Tensor:
        half = len(networks.D.blocks) // 2
        alike = (self.augmented(images, batch, "features") for images in (fake, taught))  # pair by pair in the same way
        ours, theirs = (self.cut_critic(networks).first(half, images, batch.labels) for images in alike)
        pixels = super().distance(networks, batch, fake, taught)
        return pixels + self.features * mean_squared_error(ours, theirs.detach())
