"""The plain convolutional autoencoder (Masci et al. 2011)."""

from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT
from frugalgan.methods.autoencoder import Autoencoder


@dataclass(frozen=True, config=STRICT)
class Ae(Autoencoder):
    """loss = E[‖x − G(E(x))‖²] / D, D pixel values in an image. Nothing says how codes are distributed, so G(z) of
    normal z need not look like anything."""
