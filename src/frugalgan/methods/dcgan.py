"""The GAN with the original, non-saturating loss on convolutional networks (Radford et al. 2015, arXiv:1511.06434)."""

from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT
from frugalgan.methods.gan import Gan


@dataclass(frozen=True, config=STRICT)
class DcGan(Gan):
    """loss_D = BCE(D(x), 1) + BCE(D(G(z)), 0), loss_G = BCE(D(G(z)), 1). The critic is the thesis's, with its sigmoid
    inside the BCE and instance instead of batch statistics."""
