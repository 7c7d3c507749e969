"""The conditional variational autoencoder (Sohn et al. 2015, "Learning structured output representation …")."""

from pydantic.dataclasses import dataclass

from frugalgan.methods.autoencoding import told_labels
from frugalgan.methods.base import Networks, Shape, Source
from frugalgan.methods.vae import Vae
from frugalgan.sections import STRICT


@dataclass(frozen=True, config=STRICT)
class Cvae(Vae):
    """The VAE with the label given to encoder and decoder (equation 4 there, with a prior that the label does not
    change: p(z|y) = N(0, I)), so that codes need not say which digit it is."""

    def build(self, shape: Shape, source: Source | None) -> Networks:
        told_labels(shape, "CVAE")
        return super().build(shape, source)
