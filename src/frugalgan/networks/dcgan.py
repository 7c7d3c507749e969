"""The thesis's networks: DCGAN's (Radford et al. 2015, arXiv:1511.06434) with its own widths.

At 128×128 px and widths 2048, 64 and 512 they are exactly the thesis's: 47,859,331 parameters in the generator,
11,166,529 in the critic, 9,869,123 in the student. Every generator starts at
4×4 px and doubles up to the image, so smaller images have fewer layers; the critic mirrors it.
"""

from itertools import pairwise

from torch import Tensor, nn

from frugalgan.networks import Network

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
    return nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), nn.InstanceNorm2d(b, affine=True), nn.LeakyReLU(0.2, inplace=True))


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


class LatentNetwork(Network):
    """A generator of latent vectors: (N, latent_size) float32, standard normal → (N, channels, S, S) in [-1, 1]."""

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return super().forward(x[:, :, None, None], y)


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


class Student(LatentNetwork):
    """The thesis's "KD generator": one layer fewer, for its second layer goes from 4×4 px to 16×16 at once."""

    def __init__(self, *, image_size: int, latent_size: int, width: int) -> None:
        super().__init__(image_size=image_size, latent_size=latent_size, width=width)
        check_image_size(image_size, 32)
        widths = halvings(width, (image_size // 16).bit_length() - 1, "student_width")
        doublings = [up(a, b) for a, b in pairwise(widths[1:])]
        self.layers = nn.Sequential(
            up(latent_size, widths[0], 4, 1, 0),
            up(widths[0], widths[1], 8, 4, 2),
            *doublings,
            to_image(widths[-1], RGB),
        )


class Critic(Network):
    """The thesis's "model 1-2 discriminator", no sigmoid, no batch statistics (a gradient penalty forbids them).

    (N, channels, S, S) float32 in [-1, 1] → (N,) float32: a critic's value, or a discriminator's logit.
    """

    def __init__(self, *, image_size: int, width: int, channels: int = RGB, classes: int = 0) -> None:
        super().__init__(image_size=image_size, width=width, channels=channels, classes=classes)
        check_image_size(image_size, 8)
        widths = [channels + classes, *(width << i for i in range((image_size // 4).bit_length() - 1))]
        downs = [down(a, b) for a, b in pairwise(widths)]
        self.layers = nn.Sequential(*downs, nn.Conv2d(widths[-1], 1, 4, 1, 0))

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return super().forward(x, y).flatten()
