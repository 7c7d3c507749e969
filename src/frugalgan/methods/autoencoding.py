"""What all autoencoders have in common: an encoder, a decoder that is a generator, and one loss for both."""

from collections.abc import Callable
from typing import ClassVar

from pydantic.dataclasses import dataclass
from torch import Tensor
from torch.nn import functional as F

from frugalgan.dataset import Batch
from frugalgan.descent import Descent, Terms
from frugalgan.methods.base import ENCODER, GENERATOR, Method, Networks, Optimizers, Shape, Source
from frugalgan.networks.autoencoder import Encoder
from frugalgan.networks.dcgan import Generator
from frugalgan.sections import STRICT, Count


@dataclass(frozen=True, config=STRICT)
class Autoencoding(Method):
    """An autoencoder: E(x) is the code, G(E(x)) the reconstruction. Further hooks with a default: `codes`, `penalties`.

    The decoder is the generator that a GAN of the same shape has, so that its weights load into one. Where the shape
    has classes, encoder and decoder are both told the label.
    """

    epoch_updates: Count

    watches_heldout: ClassVar[bool] = True
    outputs_per_code_number: ClassVar[int] = 1  # of the encoder

    @property
    def epoch_batches(self) -> int:
        return self.epoch_updates

    def build(self, shape: Shape, source: Source | None) -> Networks:
        images = {"image_size": shape.image_size, "channels": shape.channels, "classes": shape.classes}
        G = Generator(latent_size=shape.latent_size, width=shape.generator_width, **images)
        outputs = self.outputs_per_code_number * shape.latent_size
        return Networks({GENERATOR: G, ENCODER: Encoder(width=shape.critic_width, outputs=outputs, **images)})

    def codes(self, encoded: Tensor, batch: Batch) -> Tensor:
        """What is decoded, (N, latent_size), of the encoder's output. Default: that itself."""
        return encoded

    def penalties(self, encoded: Tensor, codes: Tensor, batch: Batch) -> Terms:
        """Yield what the loss adds to the mean squared error of a pixel value. Default: nothing."""
        yield from ()

    def terms(self, networks: Networks, batch: Batch) -> Terms:
        """Yield the terms of the loss, which have a graph in common."""
        encoded = networks.E(batch.real, batch.labels)
        codes = self.codes(encoded, batch)
        yield "reconstruction", F.mse_loss(networks.G(codes, batch.labels), batch.real)
        yield from self.penalties(encoded, codes, batch)

    def heldout_terms(self, networks: Networks, batch: Batch) -> Terms:
        return self.terms(networks, batch)

    def step(
        self, networks: Networks, optimizers: Optimizers, next_batch: Callable[[], Batch], descent: Descent
    ) -> dict[str, Tensor]:
        """One update of both networks on one batch."""
        update = descent.update(*optimizers.values(), parts=descent.accumulate)
        for part in next_batch().split(descent.accumulate):
            update.add(self.terms(networks, part), networks.trained(), shared=True)
        return update.finish()


def told_labels(shape: Shape, method: str) -> None:
    """Raise ValueError unless the shape has classes, which `method` is about."""
    if not shape.classes:
        raise ValueError(f"{method} is about labels: its networks must have classes, and its images labels")
