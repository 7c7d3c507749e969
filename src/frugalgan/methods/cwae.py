"""The conditional Wasserstein autoencoder: WAE-MMD with labels."""

from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.dataset import Batch
from frugalgan.descent import Terms
from frugalgan.losses import mmd_imq
from frugalgan.methods.autoencoding import told_labels
from frugalgan.methods.base import Networks, Shape, Source
from frugalgan.methods.wae import Wae
from frugalgan.sections import STRICT


@dataclass(frozen=True, config=STRICT)
class Cwae(Wae):
    """The label goes into encoder and decoder, as in the CVAE (Sohn et al. 2015), and the MMD of WAE-MMD (Tolstikhin et
    al. 2018) is taken over pairs of like labels only, so the codes of every single label are to be normal. It is 0 for
    a batch without such a pair.

    It is the "CWAE" that stands for *conditional* WAE; papers of that name condition on other things. It is not the
    Cramer-Wold autoencoder (Knop et al., arXiv:1805.09235), which is abbreviated alike and knows no labels.
    """

    def build(self, shape: Shape, source: Source | None) -> Networks:
        told_labels(shape, "CWAE")
        return super().build(shape, source)

    def penalties(self, encoded: Tensor, codes: Tensor, batch: Batch) -> Terms:
        prior = batch.normal("prior", codes.shape[1])
        yield "mmd", self.mmd / batch.real[0].numel() * mmd_imq(codes, prior, batch.labels)
