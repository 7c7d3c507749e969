"""What all autoencoders have in common: an encoder, a decoder that is a generator, and one loss for both."""

from typing import ClassVar

from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.config.sections import STRICT
from frugalgan.data.batches import Batch
from frugalgan.data.facts import DataFacts
from frugalgan.methods.base import Method
from frugalgan.methods.gradients import Terms
from frugalgan.methods.losses import mean_squared_error
from frugalgan.networks import Family
from frugalgan.networks.parts import ENCODER, GENERATOR, Networks


@dataclass(frozen=True, config=STRICT)
class Autoencoder(Method):
    """An autoencoder: E(x) is the code, G(E(x)) the reconstruction. Further hooks with a default: `codes`, `penalties`.

    The decoder is the generator that a GAN on the same networks has, so that its weights load into one. Conditional
    networks: encoder and decoder are both given the label.
    """

    has_heldout_terms: ClassVar[bool] = True
    averages_generator: ClassVar[bool] = False  # an average of decoders would not belong to the encoder
    outputs_per_code_number: ClassVar[int] = 1  # of the encoder

    def build(self, family: Family, data: DataFacts) -> Networks:
        G = family.generator(data)
        return Networks(
            {GENERATOR: G, ENCODER: family.encoder(data, self.outputs_per_code_number * family.latent_size)}
        )

    def codes(self, encoded: Tensor, batch: Batch) -> Tensor:
        """What is decoded, (N, latent_size), of the encoder's output. Default: that itself."""
        return encoded

    def penalties(self, networks: Networks, encoded: Tensor, codes: Tensor, batch: Batch) -> Terms:
        """Yield what the loss adds to the mean squared error of a pixel value. Default: nothing."""
        yield from ()

    def terms(self, networks: Networks, batch: Batch) -> Terms:
        encoded = networks.E(batch.real, batch.labels)
        codes = self.codes(encoded, batch)
        yield "reconstruction", mean_squared_error(networks.G(codes, batch.labels), batch.real)
        yield from self.penalties(networks, encoded, codes, batch)

    def heldout_terms(self, networks: Networks, batch: Batch) -> Terms:
        return self.terms(networks, batch)
