"""The GAN with the hinge loss (Lim & Ye 2017, arXiv:1705.02894), as SAGAN's and BigGAN's: no gradient penalty."""

from typing import ClassVar

from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT
from frugalgan.methods.gan import Gan


@dataclass(frozen=True, config=STRICT)
class Hinge(Gan):
    """loss_D = E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))], loss_G = −E[D(G(z))].

    It asks nothing of D's slope: choose networks with spectral normalisation, or a recipe with `r1`.
    """

    own_loss: ClassVar[str] = "hinge"
