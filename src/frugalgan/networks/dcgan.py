"""The thesis's networks: DCGAN's (Radford et al. 2015, arXiv:1511.06434) with its own widths.

At 128×128 px and widths 2048, 64 and 512 they are exactly the thesis's: 47,859,331 parameters in the generator,
11,166,529 in the critic, 9,869,123 in the student. Every generator starts at
4×4 px and doubles up to the image, so smaller images have fewer layers; the critic mirrors it.
"""

from itertools import pairwise

from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from frugalgan.config.sections import STRICT, Count
from frugalgan.data.facts import DataFacts
from frugalgan.networks import Family, Network
from frugalgan.networks.chain import Chain
from frugalgan.networks.instance_norm import InstanceNorm2d

RGB = 3  # channels


def check_image_size(image_size: int, smallest: int) -> None:
    """Raise ValueError unless `image_size` is a power of two, at least `smallest` px."""
    if image_size < smallest or image_size & (image_size - 1):
        raise ValueError(f"image_size {image_size}: must be a power of two, at least {smallest} px")


def up(a: int, b: int, kernel: int = 4, stride: int = 2, padding: int = 1) -> nn.Sequential:
    """ConvTranspose2d(a → b) + BatchNorm2d + ReLU; (N, a, H, W) → (N, b, stride·H, stride·W)."""
    return nn.Sequential(nn.ConvTranspose2d(a, b, kernel, stride, padding), nn.BatchNorm2d(b), nn.ReLU(inplace=True))


def down(a: int, b: int) -> nn.Sequential:
    """Conv2d(a → b) + InstanceNorm2d + LeakyReLU; (N, a, H, W) → (N, b, H/2, W/2)."""
    return nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), InstanceNorm2d(b), nn.LeakyReLU(0.2, inplace=True))


def to_image(a: int, channels: int) -> nn.Sequential:
    """ConvTranspose2d(a → channels) + Tanh: the last doubling, into RGB or grey in [-1, 1]."""
    return nn.Sequential(nn.ConvTranspose2d(a, channels, 4, 2, 1), nn.Tanh())


def halvings(width: int, n: int, name: str) -> list[int]:
    """`width` halved n times: [width, width/2, …], n + 1 entries. Raises ValueError where that leaves no channel."""
    if width % 2**n:
        raise ValueError(
            f"{name} {width}: must be a multiple of {2**n}, to be halved {n} times on the way to the image"
        )
    return [width >> i for i in range(n + 1)]


class LatentNetwork(Chain):
    """A generator of latent vectors: (N, latent_size) float32, standard normal → (N, channels, S, S) in [-1, 1]."""

    def enter(self, x: Tensor) -> Tensor:
        return x[:, :, None, None]


class Generator(LatentNetwork):
    """The thesis's "model 1-2 generator": one layer to 4×4 px, then layers that double, halving the channels."""

    def __init__(self, *, image_size: int, latent_size: int, width: int, channels: int = RGB, classes: int = 0) -> None:
        super().__init__(
            image_size=image_size, latent_size=latent_size, width=width, channels=channels, classes=classes
        )
        check_image_size(image_size, 8)
        widths = halvings(width, (image_size // 8).bit_length() - 1, "generator_width")
        doublings = [up(a, b) for a, b in pairwise(widths)]
        self.layers = nn.Sequential(
            up(latent_size + classes, widths[0], 4, 1, 0), *doublings, to_image(widths[-1], channels)
        )


class Critic(Chain):
    """The thesis's "model 1-2 discriminator", no sigmoid, no batch statistics (a gradient penalty forbids them).

    (N, channels, S, S) float32 in [-1, 1] → (N,) float32: a critic's value, or a discriminator's logit.
    """

    def __init__(self, *, image_size: int, width: int, channels: int = RGB, classes: int = 0) -> None:
        super().__init__(image_size=image_size, width=width, channels=channels, classes=classes)
        check_image_size(image_size, 8)
        widths = [channels + classes, *(width << i for i in range((image_size // 4).bit_length() - 1))]
        downs = [down(a, b) for a, b in pairwise(widths)]
        self.layers = nn.Sequential(*downs, nn.Conv2d(widths[-1], 1, 4, 1, 0))

    def leave(self, x: Tensor) -> Tensor:
        return x.flatten()


def encode_down(a: int, b: int) -> nn.Sequential:
    """Conv2d(a → b) + GroupNorm + LeakyReLU; (N, a, H, W) → (N, b, H/2, W/2).

    One group: samples are not mixed, so gradients can be accumulated over parts of a batch, and unlike InstanceNorm the
    channels' means stay, which are the colours.
    """
    return nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), nn.GroupNorm(1, b), nn.LeakyReLU(0.2, inplace=True))


class Encoder(Chain):
    """As deep and wide as `Critic`: (N, channels, S, S) float32 in [-1, 1] → (N, outputs) float32."""

    def __init__(self, *, image_size: int, width: int, outputs: int, channels: int = RGB, classes: int = 0) -> None:
        super().__init__(image_size=image_size, width=width, outputs=outputs, channels=channels, classes=classes)
        check_image_size(image_size, 8)
        widths = [channels + classes, *(width << i for i in range((image_size // 4).bit_length() - 1))]
        downs = [encode_down(a, b) for a, b in pairwise(widths)]
        self.layers = nn.Sequential(*downs, nn.Conv2d(widths[-1], outputs, 4, 1, 0))

    def leave(self, x: Tensor) -> Tensor:
        return x.flatten(1)


@dataclass(frozen=True, config=STRICT)
class Dcgan(Family):
    """A section of `networks` of this family; an encoder is as wide as the critic."""

    latent_size: Count
    generator_width: Count
    critic_width: Count

    def generator(self, data: DataFacts) -> Network:
        return Generator(latent_size=self.latent_size, width=self.generator_width, **self.images(data))

    def critic(self, data: DataFacts) -> Network:
        return Critic(width=self.critic_width, **self.images(data))

    def encoder(self, data: DataFacts, outputs: int) -> Network:
        return Encoder(width=self.critic_width, outputs=outputs, **self.images(data))

    def images(self, data: DataFacts) -> dict[str, int]:
        """What all of its networks must know of their images."""
        return {"image_size": data.size, "channels": data.channels, "classes": self.classes(data)}
