"""BigGAN's networks (Brock et al. 2019, arXiv:1809.11096), each of their parts a switch: without them, SAGAN's.

Residual generator and critic with spectral normalisation, self-attention, class-conditional BatchNorm by a shared
embedding, z in every block (skip-z), and a projection critic. At 128 px, width 96 and 1,000 classes they have the
paper's 158.4 million parameters.
"""

from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT, Count, Natural
from frugalgan.data.facts import DataFacts
from frugalgan.networks import Family, Network
from frugalgan.networks.biggan.critic import Critic
from frugalgan.networks.biggan.generator import Generator
from frugalgan.networks.parts import CRITIC, GENERATOR


@dataclass(frozen=True, config=STRICT)
class BigGan(Family):
    """A section of `networks` of this family. What is left out is as the full BigGAN has it."""

    latent_size: Count
    width: Count  # channels, times 1 to 16: of both networks
    conditional: bool = field(default=True, kw_only=True)
    attention: Natural  # px of the map that has self-attention, in both networks; 0: none
    spectral: Annotated[tuple[Literal["generator", "critic"], ...], Field(strict=False)] = ("generator", "critic")
    conditional_norm: bool = True  # labels change the generator's norms; false: they stand beside z
    shared: Natural = 128  # numbers of the labels' embedding that all norms share; 0: each has its own
    skip_z: bool = True
    projection: bool = True  # false: the critic sees labels as channels of the image
    initialisation: Literal["orthogonal", "xavier", "normal"] = "orthogonal"

    @model_validator(mode="after")
    def _fits_together(self) -> "BigGan":
        if self.shared and not self.conditional_norm:
            raise ValueError("shared is of the norms' labels: without conditional_norm set shared: 0")
        return self

    def generator(self, data: DataFacts) -> Network:
        return Generator(
            latent_size=self.latent_size,
            embedded=self.shared,
            skip_z=self.skip_z,
            conditional_norm=self.conditional_norm,
            spectral=GENERATOR in self.spectral,
            **self._both(data),
        )

    def critic(self, data: DataFacts) -> Network:
        return Critic(projection=self.projection, spectral=CRITIC in self.spectral, **self._both(data))

    def _both(self, data: DataFacts) -> dict[str, Any]:
        return {
            "image_size": data.size,
            "channels": data.channels,
            "classes": self.classes(data),
            "width": self.width,
            "attention": self.attention,
            "initialisation": self.initialisation,
        }
