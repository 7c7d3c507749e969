"""The other half of an autoencoder; its decoder is a generator of `dcgan`."""

from itertools import pairwise

from torch import Tensor, nn

from frugalgan.networks import Network
from frugalgan.networks.dcgan import RGB, check_image_size


def down(a: int, b: int) -> nn.Sequential:
    """Conv2d(a → b) + GroupNorm + LeakyReLU; (N, a, H, W) → (N, b, H/2, W/2).

    One group: samples are not mixed, so a batch can be gone through in parts, and unlike InstanceNorm the channels'
    means stay, which are the colours.
    """
    return nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), nn.GroupNorm(1, b), nn.LeakyReLU(0.2, inplace=True))


class Encoder(Network):
    """As deep and wide as `dcgan.Critic`: (N, channels, S, S) float32 in [-1, 1] → (N, outputs) float32."""

    def __init__(self, *, image_size: int, width: int, outputs: int, channels: int = RGB, classes: int = 0) -> None:
        super().__init__(image_size=image_size, width=width, outputs=outputs, channels=channels, classes=classes)
        check_image_size(image_size, 8)
        widths = [channels + classes, *(width << i for i in range((image_size // 4).bit_length() - 1))]
        downs = [down(a, b) for a, b in pairwise(widths)]
        self.layers = nn.Sequential(*downs, nn.Conv2d(widths[-1], outputs, 4, 1, 0))

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return super().forward(x, y).flatten(1)
