"""StyleGAN2's networks (Karras et al. 2020, arXiv:1912.04958), with ways to adapt a trained generator to a domain.

Widths are `channel_base` / px, at most `channel_max`. At 1024 px, with 32768, 512 and 8 mapping layers, the generator
has the paper's 30.37 million parameters, of which a domain vector takes the place of all with 6,048.

What is left out: style mixing, and several w of one image.
"""

from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT, Count, Natural
from frugalgan.data.facts import DataFacts
from frugalgan.networks import Family
from frugalgan.networks.stylegan2.critic import Critic
from frugalgan.networks.stylegan2.generator import Generator

NARROW = 64  # channels, up to which a step was slower in bf16 (docs/cost.md)


@dataclass(frozen=True, config=STRICT)
class StyleGan2(Family):
    """A section of `networks` of this family."""

    latent_size: Count
    channel_base: Count
    channel_max: Count
    mapping_layers: Count = 2
    group: Natural = 4  # images of which the critic sees the minibatch standard deviation; 0: none

    faster_channels_last: ClassVar[bool] = True  # its filters are of one channel each

    @property
    def faster_bf16(self) -> bool:
        return self.channel_max > NARROW

    def generator(self, data: DataFacts) -> Generator:
        return Generator(latent_size=self.latent_size, mapping_layers=self.mapping_layers, **self._both(data))

    def critic(self, data: DataFacts) -> Critic:
        return Critic(group=self.group, **self._both(data))

    def _both(self, data: DataFacts) -> dict[str, Any]:
        return {
            "image_size": data.size,
            "channels": data.channels,
            "classes": self.classes(data),
            "channel_base": self.channel_base,
            "channel_max": self.channel_max,
            **({"domains": data.classes} if data.classes and not self.conditional else {}),
        }
