"""The thesis's small generator, which learns from a large one; the critic beside it is that of `dcgan`."""

from itertools import pairwise

from pydantic.dataclasses import dataclass
from torch import nn

from frugalgan.config.sections import STRICT
from frugalgan.data.facts import DataFacts
from frugalgan.networks import Network
from frugalgan.networks.dcgan import RGB, Dcgan, LatentNetwork, check_image_size, halvings, to_image, up


class Student(LatentNetwork):
    """The thesis's "KD generator": one layer fewer, for its second layer goes from 4×4 px to 16×16 at once."""

    def __init__(self, *, image_size: int, latent_size: int, width: int, channels: int = RGB, classes: int = 0) -> None:
        super().__init__(
            image_size=image_size, latent_size=latent_size, width=width, channels=channels, classes=classes
        )
        check_image_size(image_size, 32)
        widths = halvings(width, (image_size // 16).bit_length() - 1, "generator_width")
        doublings = [up(a, b) for a, b in pairwise(widths[1:])]
        self.layers = nn.Sequential(
            up(latent_size + classes, widths[0], 4, 1, 0),
            up(widths[0], widths[1], 8, 4, 2),
            *doublings,
            to_image(widths[-1], channels),
        )


@dataclass(frozen=True, config=STRICT)
class DcganStudent(Dcgan):
    """A section of `networks` of this family."""

    def generator(self, data: DataFacts) -> Network:
        return Student(latent_size=self.latent_size, width=self.generator_width, **self.images(data))
