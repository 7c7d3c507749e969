"""The Wasserstein autoencoder with an MMD penalty (Tolstikhin et al. 2018, arXiv:1711.01558)."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.dataset import Batch
from frugalgan.descent import Terms
from frugalgan.losses import mmd_imq
from frugalgan.methods.autoencoding import Autoencoding
from frugalgan.sections import STRICT


@dataclass(frozen=True, config=STRICT)
class Wae(Autoencoding):
    """WAE-MMD, algorithm 2 there with λ = `mmd`, divided by the D pixel values of an image; E is deterministic:

    loss = E[‖x − G(E(x))‖²] / D + λ/D · MMD²(E(x), z), z ~ N(0, I): not each code, but all of them together are to be
    normal. The MMD compares whole batches: of accumulated parts and of processes, each compares its own.
    """

    mmd: Annotated[float, Field(ge=0)]

    def penalties(self, encoded: Tensor, codes: Tensor, batch: Batch) -> Terms:
        prior = batch.normal("prior", codes.shape[1])
        yield "mmd", self.mmd / batch.real[0].numel() * mmd_imq(codes, prior)
