"""Networks after FastGAN (Liu et al. 2021, arXiv:2101.04775), for few images: gates, a short cut for the generator's
gradients, and a residual critic with spectral normalisation instead of statistics.

What is left out: noise (networks draw no random numbers), and the critic's decoders.
"""

from itertools import pairwise

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.config.sections import STRICT, Count
from frugalgan.data.facts import DataFacts
from frugalgan.networks import Family, Network
from frugalgan.networks.chain import Chain
from frugalgan.networks.dcgan import Encoder, check_image_size, halvings
from frugalgan.networks.spectral import spectral

START, LEAP = 4, 16  # px of the first map; how many times larger the map is that it excites


def gated(a: int, b: int) -> nn.Sequential:
    """Conv2d(a → 2b) + BatchNorm2d + GLU; (N, a, H, W) → (N, b, H, W)."""
    return nn.Sequential(nn.Conv2d(a, 2 * b, 3, padding=1, bias=False), nn.BatchNorm2d(2 * b), nn.GLU(dim=1))


class Up(nn.Module):
    """(N, a, H, W) → (N, b, 2H, 2W); with the map of 1/LEAP of that size, it is excited by that."""

    def __init__(self, a: int, b: int, low: int = 0) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Upsample(scale_factor=2), gated(a, b))
        self.excitation = None
        if low:
            self.excitation = nn.Sequential(
                nn.AdaptiveAvgPool2d(4), nn.Conv2d(low, b, 4), nn.SiLU(), nn.Conv2d(b, b, 1), nn.Sigmoid()
            )

    def forward(self, x: Tensor, low: Tensor | None = None) -> Tensor:
        x = self.layers(x)
        return x if self.excitation is None else x * self.excitation(low)


class Generator(Network):
    """(N, latent_size) float32, standard normal → (N, channels, S, S) in [-1, 1]: `width` channels at 4×4 px, halved
    with each doubling."""

    def __init__(self, *, image_size: int, latent_size: int, width: int, channels: int, classes: int = 0) -> None:
        super().__init__(
            image_size=image_size, latent_size=latent_size, width=width, channels=channels, classes=classes
        )
        check_image_size(image_size, 8)
        doublings = (image_size // START).bit_length() - 1
        widths = halvings(width, doublings, "generator_width")
        leap = LEAP.bit_length() - 1
        self.stem = nn.Sequential(
            nn.ConvTranspose2d(latent_size + classes, 2 * width, START, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.GLU(dim=1),
        )
        self.ups = nn.ModuleList(
            Up(a, b, widths[i + 1 - leap] if i + 1 >= leap else 0) for i, (a, b) in enumerate(pairwise(widths))
        )
        self.head = nn.Sequential(nn.Conv2d(widths[-1], channels, 3, padding=1), nn.Tanh())

    @property
    def blocks(self) -> list[nn.Module]:
        return [self.stem, *self.ups, self.head]

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = F.normalize(x, dim=1) * x.shape[1] ** 0.5
        if self.classes:
            x = torch.cat([x, F.one_hot(self.labels(y), self.classes).to(x.dtype)], dim=1)
        maps = [self.run(self.stem, x[:, :, None, None])]
        for up in self.ups:
            low = [maps[len(maps) - LEAP.bit_length() + 1]] if up.excitation is not None else []  # pyright: ignore[reportAttributeAccessIssue]
            maps.append(self.run(up, maps[-1], *low))
        return self.run(self.head, maps[-1])


class Down(nn.Module):
    """(N, a, H, W) → (N, b, H/2, W/2): the mean of a path of two convolutions and a short one of one."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.long = nn.Sequential(
            spectral(nn.Conv2d(a, b, 4, 2, 1)), nn.LeakyReLU(0.2), spectral(nn.Conv2d(b, b, 3, padding=1))
        )
        self.short = nn.Sequential(nn.AvgPool2d(2), spectral(nn.Conv2d(a, b, 1)))

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu((self.long(x) + self.short(x)) / 2, 0.2)


class Critic(Chain):
    """(N, channels, S, S) float32 in [-1, 1] → (N,) float32: `width` channels after the first layer, doubled with each
    halving up to eight times."""

    def __init__(self, *, image_size: int, width: int, channels: int, classes: int = 0) -> None:
        super().__init__(image_size=image_size, width=width, channels=channels, classes=classes)
        check_image_size(image_size, 8)
        widths = [min(width << i, 8 * width) for i in range((image_size // START).bit_length() - 1)]
        first = nn.Sequential(spectral(nn.Conv2d(channels + classes, width, 4, 2, 1)), nn.LeakyReLU(0.2))
        last = spectral(nn.Conv2d(widths[-1], 1, START))
        self.layers = nn.Sequential(first, *(Down(a, b) for a, b in pairwise(widths)), last)

    def leave(self, x: Tensor) -> Tensor:
        return x.flatten()


@dataclass(frozen=True, config=STRICT)
class FastGan(Family):
    """A section of `networks` of this family; its encoder is dcgan's."""

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
