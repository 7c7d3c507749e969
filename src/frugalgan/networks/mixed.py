"""The thesis's networks, with a critic that looks through a frozen network beside its own.

What Kumari et al. 2022 (arXiv:2112.09130) call vision-aided: pretrained features help the ordinary critic and do not
take its place, so the generator cannot please them alone. Here both critics' values are added, so losses and penalties
are those of their sum.
"""

from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from frugalgan.config.sections import STRICT, Count, Positive
from frugalgan.data.facts import DataFacts
from frugalgan.networks import Network
from frugalgan.networks.dcgan import RGB, Dcgan
from frugalgan.networks.dcgan import Critic as Ordinary
from frugalgan.networks.projected import Critic as Projected
from frugalgan.networks.projected import Side


class Critic(Network):
    """dcgan's critic + weight · the mean of projected's heads; (N, channels, S, S) float32 in [-1, 1] → (N,) float32.

    Labels are the ordinary one's.
    """

    def __init__(
        self,
        *,
        image_size: int,
        width: int,
        projected_width: int,
        weight: float,
        channels: int = RGB,
        classes: int = 0,
        side: int = 128,
    ) -> None:
        super().__init__(
            image_size=image_size,
            width=width,
            projected_width=projected_width,
            weight=weight,
            channels=channels,
            classes=classes,
            side=side,
        )
        self.weight = weight
        self.ordinary = Ordinary(image_size=image_size, width=width, channels=channels, classes=classes)
        self.projected = Projected(image_size=image_size, width=projected_width, channels=channels, side=side)

    @property
    def blocks(self) -> list[nn.Module]:
        return [*self.ordinary.blocks, *self.projected.blocks]

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        self.ordinary.recompute = self.projected.recompute = self.recompute
        return self.ordinary(x, y) + self.weight * self.projected(x).mean(dim=1)


@dataclass(frozen=True, config=STRICT)
class Mixed(Dcgan):
    """A section of `networks` of this family; `projected_width`: channels of the shallowest mixed map."""

    projected_width: Count
    weight: Positive  # of the second critic's value beside 1 of the ordinary one's
    side: Side = 128

    def critic(self, data: DataFacts) -> Network:
        return Critic(
            width=self.critic_width,
            projected_width=self.projected_width,
            weight=self.weight,
            side=self.side,
            **self.images(data),
        )
