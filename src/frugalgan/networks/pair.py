"""The generator of one family with the critic of another: so any critic goes with any generator.

StyleGAN2's critic has residual blocks and a minibatch standard deviation, those of FastGAN and `dcgan_spectral` have
spectral normalisation, the projected one looks through a frozen network.
"""

from dataclasses import field
from typing import Any

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from frugalgan.config.lookup import defined_in
from frugalgan.config.params import checked
from frugalgan.config.sections import STRICT, Count
from frugalgan.config.study import PAIR_KEYS
from frugalgan.data.facts import DataFacts
from frugalgan.networks import Family, Network

PAIR = "pair"


@dataclass(frozen=True, config=STRICT)
class Pair(Family):
    """A section of `networks` of this family; an encoder is of the critic's family.

    `generator_from` and `critic_from` are sections of other families, without `latent_size` and `conditional`, which
    are the pair's.
    """

    latent_size: Count
    generator_from: dict[str, Any] = field(hash=False)
    critic_from: dict[str, Any] = field(hash=False)

    @model_validator(mode="after")
    def _can_be_made(self) -> "Pair":
        wrong = []
        for key in PAIR_KEYS:
            try:
                self._family(key)
            except ValueError as error:
                wrong.append(str(error))
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    @property
    def generator_family(self) -> Family:
        return self._family("generator_from")

    @property
    def critic_family(self) -> Family:
        return self._family("critic_from")

    @property
    def modules(self) -> tuple[str, ...]:
        return (*super().modules, *self.generator_family.modules, *self.critic_family.modules)

    @property
    def faster_channels_last(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        # a step took 0.78 of the time with StyleGAN2's critic and DCGAN's generator, 1.1 the other way round
        return self.critic_family.faster_channels_last

    @property
    def faster_bf16(self) -> bool:
        return self.generator_family.faster_bf16 and self.critic_family.faster_bf16

    def generator(self, data: DataFacts) -> Network:
        return self.generator_family.generator(data)

    def critic(self, data: DataFacts) -> Network:
        return self.critic_family.critic(data)

    def encoder(self, data: DataFacts, outputs: int) -> Network:
        return self.critic_family.encoder(data, outputs)

    def _family(self, key: str) -> Family:
        """Raises ValueError, which names the key."""
        section: dict[str, Any] = getattr(self, key)
        both = {"latent_size": self.latent_size, "conditional": self.conditional}
        if own := [name for name in both if name in section]:
            raise ValueError(f"{key}.{own[0]}: leave it out: generator and critic have the pair's")
        if (family := section.get("family")) in (None, PAIR):
            raise ValueError(f"{key}.family must name a family that is no pair")
        cls = defined_in("networks", str(family), Family, f"{key}.family")
        sizes = {name: value for name, value in section.items() if name != "family"}
        return checked(cls, sizes | both, key)
