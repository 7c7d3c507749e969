"""The Wasserstein autoencoder with an MMD penalty (Tolstikhin et al. 2018, arXiv:1711.01558)."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.config.sections import STRICT
from frugalgan.data.batches import Batch
from frugalgan.methods.autoencoder import Autoencoder
from frugalgan.methods.gradients import Terms
from frugalgan.methods.losses import mmd_imq
from frugalgan.networks.parts import Networks


@dataclass(frozen=True, config=STRICT)
class Wae(Autoencoder):
    """WAE-MMD, algorithm 2 there with λ = `mmd`, divided by the D pixel values of an image; E is deterministic:

    loss = E[‖x − G(E(x))‖²] / D + λ/D · MMD²(E(x), z), z ~ N(0, I): not each code, but all of them together are to be
    normal. The MMD compares whole batches: of accumulated parts and of processes, each compares its own.

    On conditional networks the MMD is taken over pairs of like labels only, so the codes of every single label are to
    be normal; it is 0 for a batch without such a pair. That is the "CWAE" that stands for *conditional* WAE; papers of
    that name condition on other things. It is not the Cramer-Wold autoencoder (Knop et al., arXiv:1805.09235), which
    is abbreviated alike and knows no labels.
    """

    mmd: Annotated[float, Field(ge=0)]

    def penalties(self, networks: Networks, encoded: Tensor, codes: Tensor, batch: Batch) -> Terms:
        labels = batch.labels if networks.G.classes else None
        prior = batch.normal("prior", codes.shape[1])
        yield "mmd", self.mmd / batch.real[0].numel() * mmd_imq(codes, prior, labels)
