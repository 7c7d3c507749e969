"""The variational autoencoder (Kingma & Welling 2013, arXiv:1312.6114)."""

from typing import ClassVar

from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.config.sections import STRICT, Positive
from frugalgan.data.batches import Batch
from frugalgan.methods.autoencoder import Autoencoder
from frugalgan.methods.gradients import Terms
from frugalgan.methods.losses import kl_to_normal
from frugalgan.networks.parts import Networks


@dataclass(frozen=True, config=STRICT)
class Vae(Autoencoder):
    """The negative evidence lower bound (equation 10 there) with p(x|z) = N(G(z), σ² I), σ = `pixel_sd`, times 2σ²/D:

    loss = E[‖x − G(z)‖²] / D + 2σ²/D · KL(q(z|x) ‖ N(0, I)), z = μ(x) + s(x) ε, (μ, ln s²) = E(x), D pixel values.
    σ is in the units of pixels in [-1, 1]: the larger, the more the codes are normal and the less they say. On
    conditional networks it is the CVAE (Sohn et al. 2015, equation 4, with a prior that the label does not change:
    p(z|y) = N(0, I)), so that codes need not say which label it is.
    """

    pixel_sd: Positive

    outputs_per_code_number: ClassVar[int] = 2

    def codes(self, encoded: Tensor, batch: Batch) -> Tensor:
        mean, log_variance = encoded.chunk(2, dim=1)
        return mean + (log_variance / 2).exp() * batch.normal("code", mean.shape[1])

    def penalties(self, networks: Networks, encoded: Tensor, codes: Tensor, batch: Batch) -> Terms:
        values = batch.real[0].numel()
        yield "kl", 2 * self.pixel_sd**2 / values * kl_to_normal(*encoded.chunk(2, dim=1))
