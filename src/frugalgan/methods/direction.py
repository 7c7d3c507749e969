"""Adaptation of a generator by directions in a frozen network's feature space, without a critic: from a few pictures.

Gal et al. 2021 (StyleGAN-NADA, arXiv:2108.00946), with the angle consistency of Alanov et al. 2022 (HyperDomainNet,
arXiv:2210.08884). Those have CLIP and words; so has this where somebody has CLIP's weights. EfficientNet-Lite0, which
needs no download, knows no words.
"""

from typing import ClassVar, Literal

import torch
from pydantic import model_validator
from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT, NotNegative, Text
from frugalgan.data.batches import Batch
from frugalgan.data.facts import DataFacts
from frugalgan.methods.base import Method
from frugalgan.methods.gradients import Terms
from frugalgan.methods.losses import angle_consistency, between_domains, direction_loss
from frugalgan.methods.teachers import Teacher
from frugalgan.networks import Family
from frugalgan.networks.clip import clip
from frugalgan.networks.embedder import Embedder, Lite0Embedder
from frugalgan.networks.parts import GENERATOR, Networks


@dataclass(frozen=True, config=STRICT)
class Direction(Method):
    """E(1 − cos(e(G'(z)) − e(G(z)), e(x) − e(G(z)))) + angles · angle consistency + between · E(1 − cos(e(G'(z_i)) −
    e(G'(z_j)), e(x_i) − e(x_j))) over pairs of unlike domains: G' is trained, G the source, x a picture of the new
    domain, e the embedding of an image. With a hypernetwork, labels are the domains. With words t, t(words_to) −
    t(words_from) stands for e(x) − e(G(z)), and t(words_to) for e(x).

    Each z is sent towards one of the pictures at random, so on average from the source's domain to theirs. Angles are
    those between images of a batch; of the parts of an accumulated one, between images of a part.
    """

    encoder: Literal["efficientnet_lite0", "clip"]
    clip_model: Text
    clip_weights: str  # a file
    words_from: str  # what the source draws; empty: pictures tell
    words_to: str  # what the new domain is; {label} stands for each label
    angles: NotNegative
    between: NotNegative

    needs_teacher: ClassVar[bool] = True

    @model_validator(mode="after")
    def _fits_together(self) -> "Direction":
        if bool(self.words_from) != bool(self.words_to):
            raise ValueError("words_from and words_to: both, or none")
        if self.words_to and self.encoder != "clip":
            raise ValueError(
                f"words need encoder: clip; {self.encoder} knows none: leave words_from and words_to empty"
            )
        return self

    def build(self, family: Family, data: DataFacts) -> Networks:
        G = family.generator(data)
        return Networks({GENERATOR: G}, embedder=self.embedder(data.labels or ("",)))

    def embedder(self, labels: tuple[str, ...]) -> Embedder:
        """What sees images; its `words` are the directions to, and the embeddings of, each label's words."""
        if self.encoder == "efficientnet_lite0":
            return Lite0Embedder()
        found = clip(self.clip_model, self.clip_weights)
        if self.words_to:
            found.set_prompts(self.words_from, [self.words_to.replace("{label}", label) for label in labels])
        return found

    def terms(self, networks: Networks, batch: Batch) -> Terms:
        assert isinstance(networks.teacher, Teacher) and isinstance(networks.embedder, Embedder)
        z = networks.teacher.latents(batch, GENERATOR)
        with torch.no_grad():
            source = networks.embedder(networks.teacher.images(batch, GENERATOR))
            if self.words_to:
                label = (
                    batch.labels
                    if networks.G.classes and batch.labels is not None
                    else torch.zeros_like(z[:, 0]).long()
                )
                real, towards = networks.embedder.words[label], networks.embedder.directions[label]
            else:
                real = networks.embedder(batch.real)
                towards = real - source
        ours = networks.embedder(networks.G(z, batch.labels))
        yield "direction", direction_loss(ours - source, towards)
        if self.angles:
            yield "angles", self.angles * angle_consistency(ours, source)
        if self.between and networks.G.classes and batch.labels is not None:
            yield "between", self.between * between_domains(ours, real, batch.labels)
