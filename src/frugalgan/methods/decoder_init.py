"""A GAN whose generator starts as a trained autoencoder's decoder ("Accelerating GAN training", SPbPU 2020)."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import nn

from frugalgan.dataset import Batch
from frugalgan.methods.adversarial import Adversarial
from frugalgan.methods.base import Networks, Shape, Source, trained
from frugalgan.methods.dcgan import DcGan
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.sections import STRICT

Kimg = Annotated[float, Field(ge=0)]


@dataclass(frozen=True, config=STRICT)
class FromDecoder(Adversarial):
    """What is added to a GAN: the weights it starts from, and two ways not to lose them to a critic that knows nothing.

    The critic may train alone for the first `warmup_kimg` thousand images; the generator's `frozen_layers` layers
    nearest z may hold still for the first `frozen_kimg` (their batch statistics go on). With zeros it is the same GAN,
    on the same data and z, from other weights.
    """

    warmup_kimg: Kimg
    frozen_layers: Annotated[int, Field(ge=0)]
    frozen_kimg: Kimg

    def build(self, shape: Shape, source: Source | None) -> Networks:
        if not isinstance(source, Networks):
            raise ValueError("decoder initialisation needs a trained autoencoder to start from: pass its folder")
        networks = super().build(shape, None)
        networks.G.load_state_dict(source.G.state_dict(), strict=True)
        if self.frozen_layers >= len(networks.G.layers):
            raise ValueError(
                f"frozen_layers (of decoder_init, or of digits): {self.frozen_layers} is not allowed: the generator "
                f"has {len(networks.G.layers)} layers, one must train"
            )
        return networks

    def moving(self, networks: Networks, batch: Batch) -> Sequence[nn.Parameter]:
        if batch.seen < 1000 * self.warmup_kimg:
            return []
        if batch.seen < 1000 * self.frozen_kimg:
            return trained(networks.G.layers[self.frozen_layers :])
        return trained(networks.G)


@dataclass(frozen=True, config=STRICT)
class DecoderDcGan(FromDecoder, DcGan):
    """DC-GAN from a decoder."""


@dataclass(frozen=True, config=STRICT)
class DecoderWganGp(FromDecoder, WganGp):
    """WGAN-GP from a decoder."""
