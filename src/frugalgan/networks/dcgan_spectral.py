"""The thesis's generator against a critic with spectral normalisation in place of instance normalisation."""

from itertools import pairwise

from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from frugalgan.config.sections import STRICT
from frugalgan.data.facts import DataFacts
from frugalgan.networks import Network
from frugalgan.networks.chain import Chain
from frugalgan.networks.dcgan import RGB, Dcgan, check_image_size
from frugalgan.networks.spectral import spectral


def down(a: int, b: int) -> nn.Sequential:
    """Conv2d(a → b) whose largest singular value is 1, + LeakyReLU; (N, a, H, W) → (N, b, H/2, W/2)."""
    return nn.Sequential(spectral(nn.Conv2d(a, b, 4, 2, 1)), nn.LeakyReLU(0.2, inplace=True))


class Critic(Chain):
    """As wide and deep as dcgan's; (N, channels, S, S) float32 in [-1, 1] → (N,) float32."""

    def __init__(self, *, image_size: int, width: int, channels: int = RGB, classes: int = 0) -> None:
        super().__init__(image_size=image_size, width=width, channels=channels, classes=classes)
        check_image_size(image_size, 8)
        widths = [channels + classes, *(width << i for i in range((image_size // 4).bit_length() - 1))]
        downs = [down(a, b) for a, b in pairwise(widths)]
        self.layers = nn.Sequential(*downs, spectral(nn.Conv2d(widths[-1], 1, 4, 1, 0)))

    def leave(self, x: Tensor) -> Tensor:
        return x.flatten()


@dataclass(frozen=True, config=STRICT)
class DcganSpectral(Dcgan):
    """A section of `networks` of this family."""

    def critic(self, data: DataFacts) -> Network:
        return Critic(width=self.critic_width, **self.images(data))
