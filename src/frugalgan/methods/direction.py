"""Adaptation of a generator by directions in a frozen network's feature space, without a critic: from a few pictures.

Gal et al. 2021 (StyleGAN-NADA, arXiv:2108.00946), with the angle consistency of Alanov et al. 2022 (HyperDomainNet,
arXiv:2210.08884). Where those have CLIP and words, here is EfficientNet-Lite0, which knows none.
"""

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.config.sections import STRICT, NotNegative
from frugalgan.data.batches import Batch
from frugalgan.data.facts import DataFacts
from frugalgan.methods.base import Method, Optimizers
from frugalgan.methods.gradients import Accumulation, Terms
from frugalgan.methods.losses import angle_consistency, between_domains, direction_loss
from frugalgan.methods.teachers import Teacher
from frugalgan.networks import Family
from frugalgan.networks.embedder import Embedder
from frugalgan.networks.parts import GENERATOR, Networks


@dataclass(frozen=True, config=STRICT)
class Direction(Method):
    """E(1 − cos(e(G'(z)) − e(G(z)), e(x) − e(G(z)))) + angles · angle consistency + between · E(1 − cos(e(G'(z_i)) −
    e(G'(z_j)), e(x_i) − e(x_j))) over pairs of unlike domains: G' is trained, G the source, x a picture of the new
    domain, e the embedding of an image. With a hypernetwork, labels are the domains.

    Each z is sent towards one of the pictures at random, so on average from the source's domain to theirs. Angles are
    those between images of a batch; of the parts of an accumulated one, between images of a part.
    """

    encoder: Literal["efficientnet_lite0"]
    angles: NotNegative
    between: NotNegative

    needs_teacher: ClassVar[bool] = True

    def build(self, family: Family, data: DataFacts) -> Networks:
        return Networks({GENERATOR: family.generator(data)}, embedder=Embedder())

    def terms(self, networks: Networks, batch: Batch) -> Terms:
        """Yield the terms of the loss, which have a graph in common."""
        assert isinstance(networks.teacher, Teacher) and networks.embedder is not None
        z = networks.teacher.latents(batch, GENERATOR)
        with torch.no_grad():
            source = networks.embedder(networks.teacher.images(batch, GENERATOR))
            real = networks.embedder(batch.real)
        ours = networks.embedder(networks.G(z, batch.labels))
        yield "direction", direction_loss(ours - source, real - source)
        if self.angles:
            yield "angles", self.angles * angle_consistency(ours, source)
        if self.between and networks.G.classes and batch.labels is not None:
            yield "between", self.between * between_domains(ours, real, batch.labels)

    def step(
        self, networks: Networks, optimizers: Optimizers, next_batch: Callable[[], Batch], accumulation: Accumulation
    ) -> dict[str, Tensor]:
        """One update of the generator on one batch."""
        batch = next_batch()
        networks.G.next_update()
        update = accumulation.update(*optimizers.values(), parts=accumulation.accumulate)
        for part in batch.split(accumulation.accumulate):
            update.add(self.terms(networks, part), networks.trainable(), shared=True)
        return update.finish()
