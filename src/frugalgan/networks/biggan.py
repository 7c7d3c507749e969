"""BigGAN's networks (Brock et al. 2019, arXiv:1809.11096), each of their parts a switch: without them, SAGAN's.

Residual generator and critic with spectral normalisation, self-attention, class-conditional BatchNorm by a shared
embedding, z in every block (skip-z), and a projection critic. At 128 px, width 96 and 1,000 classes they have the
paper's 158.4 million parameters.
"""

from collections.abc import Iterator
from dataclasses import field
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.config.sections import STRICT, Count, Natural
from frugalgan.data.facts import DataFacts
from frugalgan.networks import RECOMPUTE, Family, Network
from frugalgan.networks.attention import SelfAttention
from frugalgan.networks.layers import Layers
from frugalgan.networks.parts import CRITIC, GENERATOR

START = 4  # px of the generator's first map
# Channels between blocks, as multiples of the width, and how many of the critic's blocks halve the map.
GENERATORS = {32: (4, 4, 4, 4), 64: (16, 16, 8, 4, 2), 128: (16, 16, 8, 4, 2, 1)}
CRITICS = {32: (4, 4, 4, 4), 64: (1, 2, 4, 8, 16), 128: (1, 2, 4, 8, 16, 16)}
HALVINGS = {32: 2, 64: 4, 128: 5}


class ConditionalNorm(nn.Module):
    """BatchNorm2d whose gain and bias follow from a condition: (1 + gain) ⊙ BN(x) + bias.

    `labels` > 0: a gain and a bias for each of so many labels; `size` > 0: linear in a vector of that size, without
    bias. Both: their sum. Neither: BatchNorm2d.
    """

    def __init__(self, channels: int, labels: int, size: int, layers: Layers) -> None:
        super().__init__()
        plain = not labels and not size
        self.norm = nn.BatchNorm2d(channels, affine=plain)
        free = Layers(layers.initialisation, normalised=False)  # embeddings of G are not normalised
        self.by_label = free.embedding(labels, 2 * channels) if labels else None
        self.gain = layers.linear(size, channels, bias=False) if size else None
        self.bias = layers.linear(size, channels, bias=False) if size else None

    def forward(self, x: Tensor, y: Tensor | None, condition: Tensor | None) -> Tensor:
        x = self.norm(x)
        for gain, bias in self._changes(y, condition):
            x = torch.addcmul(x + bias[:, :, None, None], x, gain[:, :, None, None])
        return x

    def _changes(self, y: Tensor | None, condition: Tensor | None) -> Iterator[tuple[Tensor, Tensor]]:
        """Gain and bias (N, channels), at most one pair."""
        found = []
        if self.by_label is not None:
            found.append(self.by_label(y).chunk(2, dim=1))
        if self.gain is not None and self.bias is not None:
            found.append((self.gain(condition), self.bias(condition)))
        if found:
            yield torch.stack([gain for gain, _ in found]).sum(0), torch.stack([bias for _, bias in found]).sum(0)


class Stem(nn.Module):
    """z or its first part (N, k) → the first map (N, channels, 4, 4), and the labels' shared embedding, if any."""

    def __init__(self, size: int, channels: int, labels: int, embedded: int, layers: Layers) -> None:
        super().__init__()
        self.linear = layers.linear(size, channels * START**2)
        free = Layers(layers.initialisation, normalised=False)
        self.embedding = free.embedding(labels, embedded) if labels and embedded else None

    def forward(self, z: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor | None]:
        return self.linear(z).unflatten(1, (-1, START, START)), None if self.embedding is None else self.embedding(y)


class Up(nn.Module):
    """(N, a, H, W), labels and condition → (N, b, 2H, 2W): norm, ReLU, convolution, twice, and a short path of one."""

    def __init__(self, a: int, b: int, labels: int, size: int, layers: Layers) -> None:
        super().__init__()
        self.norms = nn.ModuleList(ConditionalNorm(channels, labels, size, layers) for channels in (a, b))
        self.convs = nn.ModuleList((layers.conv(a, b, 3), layers.conv(b, b, 3)))
        self.short = layers.conv(a, b, 1)

    def forward(self, x: Tensor, y: Tensor | None, condition: Tensor | None) -> Tensor:
        h = F.interpolate(F.relu(self.norms[0](x, y, condition)), scale_factor=2)
        h = self.convs[0](h)
        h = self.convs[1](F.relu(self.norms[1](h, y, condition)))
        return h + F.interpolate(self.short(x), scale_factor=2)  # of single pixels: the same before as after


class Down(nn.Module):
    """(N, a, H, W) → (N, b, H/2, W/2), or as large: two convolutions, and a short path of one where shapes differ."""

    def __init__(self, a: int, b: int, layers: Layers, *, first: bool, halve: bool) -> None:
        super().__init__()
        self.first, self.halve = first, halve  # the image itself is not cut at 0
        self.convs = nn.ModuleList((layers.conv(a, b, 3), layers.conv(b, b, 3)))
        self.short = layers.conv(a, b, 1) if halve or a != b else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = self.convs[0](x if self.first else F.relu(x))
        h = self.convs[1](F.relu(h))
        if self.halve:
            h, x = F.avg_pool2d(h, 2), F.avg_pool2d(x, 2)  # of means: the same as the mean behind `short`
        return h + self.short(x)


class Head(nn.Module):
    """(N, C, H, W) → (N,): w·h + b, and ⟨e_y, h⟩ where there are `labels`, h the sum of ReLU over places (Miyato &
    Koyama 2018, arXiv:1802.05637)."""

    def __init__(self, channels: int, labels: int, layers: Layers) -> None:
        super().__init__()
        self.linear = layers.linear(channels, 1)
        self.embedding = layers.embedding(labels, channels) if labels else None

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        h = F.relu(x).sum(dim=(2, 3))
        score = self.linear(h).squeeze(1)
        return score if self.embedding is None else score + (self.embedding(y) * h).sum(dim=1)


class Generator(Network):
    """(N, latent_size) float32, standard normal → (N, channels, S, S) in [-1, 1], S 32, 64 or 128.

    `embedded`: numbers of the labels' shared embedding; 0: each norm has its own. `skip_z`: z is cut into equal parts,
    the first for the stem, one for each block. Without `conditional_norm` labels go into the stem, beside z.
    """

    offers: ClassVar[frozenset[str]] = frozenset({RECOMPUTE})

    def __init__(
        self,
        *,
        image_size: int,
        channels: int,
        latent_size: int,
        width: int,
        classes: int,
        attention: int,
        spectral: bool,
        embedded: int,
        skip_z: bool,
        conditional_norm: bool,
        initialisation: str,
    ) -> None:
        super().__init__(
            image_size=image_size,
            channels=channels,
            latent_size=latent_size,
            width=width,
            classes=classes,
            attention=attention,
            spectral=spectral,
            embedded=embedded,
            skip_z=skip_z,
            conditional_norm=conditional_norm,
            initialisation=initialisation,
        )
        layers = Layers(initialisation, spectral)
        widths = [width * multiple for multiple in _of_size(GENERATORS, image_size)]
        blocks = len(widths) - 1
        if skip_z and latent_size % (blocks + 1):
            raise ValueError(
                f"latent_size {latent_size}: with skip_z it must be a multiple of {blocks + 1}, a part for the first "
                f"layer and for each of {blocks} blocks"
            )
        self.part = latent_size // (blocks + 1) if skip_z else latent_size
        in_norms = classes if conditional_norm else 0
        self.stem = Stem(
            self.part + (0 if conditional_norm else classes), widths[0], in_norms, embedded * bool(classes), layers
        )
        shared = embedded if in_norms else 0
        condition, own = shared + (self.part if skip_z else 0), 0 if shared else in_norms
        sizes = [2 * START << i for i in range(blocks)]
        self.middle = nn.ModuleList(
            _with_attention(
                [Up(a, b, own, condition, layers) for a, b in pairwise(widths)], widths[1:], sizes, attention, layers
            )
        )
        self.head = nn.Sequential(
            nn.BatchNorm2d(widths[-1]), nn.ReLU(), layers.conv(widths[-1], channels, 3), nn.Tanh()
        )

    @property
    def blocks(self) -> list[nn.Module]:
        return [self.stem, *self.middle, self.head]

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        y = self.labels(y) if self.classes else None
        z, *parts = x.split(self.part, dim=1)
        if y is not None and not self.arguments["conditional_norm"]:
            z = torch.cat([z, F.one_hot(y, self.classes).to(z.dtype)], dim=1)
        x, shared = self.run(self.stem, z, y)
        for block in self.middle:
            if isinstance(block, Up):
                condition = [vector for vector in (shared, parts.pop(0) if parts else None) if vector is not None]
                x = self.run(block, x, y, torch.cat(condition, dim=1) if condition else None)
            else:
                x = self.run(block, x)
        return self.run(self.head, x)


class Critic(Network):
    """(N, channels, S, S) float32 in [-1, 1] → (N,) float32.

    `projection`: labels meet the features of the last map; without it they are further channels of the image.
    """

    offers: ClassVar[frozenset[str]] = frozenset({RECOMPUTE})

    def __init__(
        self,
        *,
        image_size: int,
        channels: int,
        width: int,
        classes: int,
        attention: int,
        spectral: bool,
        projection: bool,
        initialisation: str,
    ) -> None:
        super().__init__(
            image_size=image_size,
            channels=channels,
            width=width,
            classes=classes,
            attention=attention,
            spectral=spectral,
            projection=projection,
            initialisation=initialisation,
        )
        layers = Layers(initialisation, spectral)
        behind = [width * multiple for multiple in _of_size(CRITICS, image_size)]
        before = [channels + (0 if projection else classes), *behind]
        halvings = HALVINGS[image_size]
        downs: list[nn.Module] = [
            Down(a, b, layers, first=place == 0, halve=place < halvings)
            for place, (a, b) in enumerate(pairwise(before))
        ]
        sizes = [image_size >> min(place + 1, halvings) for place in range(len(downs))]
        self.middle = nn.ModuleList(_with_attention(downs, behind, sizes, attention, layers))
        self.head = Head(behind[-1], classes if projection else 0, layers)

    @property
    def blocks(self) -> list[nn.Module]:
        return [*self.middle, self.head]

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        y = self.labels(y) if self.classes else None
        if y is not None and not self.arguments["projection"]:
            labels = F.one_hot(y, self.classes).to(x.dtype)[:, :, None, None]
            x = torch.cat([x, labels.expand(-1, -1, *x.shape[2:])], dim=1)
        for block in self.middle:
            x = self.run(block, x)
        return self.run(self.head, x, y)


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


def _of_size(table: dict[int, tuple[int, ...]], image_size: int) -> tuple[int, ...]:
    """The row of that image size. Raises ValueError where there is none."""
    if image_size not in table:
        raise ValueError(f"image_size {image_size}: family biggan is for {', '.join(map(str, table))} px")
    return table[image_size]


def _with_attention(
    blocks: list[nn.Module], widths: list[int], sizes: list[int], attention: int, layers: Layers
) -> list[nn.Module]:
    """The blocks, and behind the first whose map has `attention` px, self-attention. Raises ValueError."""
    if not attention:
        return blocks
    if attention not in sizes:
        there = ", ".join(map(str, dict.fromkeys(sizes)))
        raise ValueError(f"attention: {attention}: there is no map of {attention} px here, only of {there}; 0: none")
    place = sizes.index(attention)
    return [*blocks[: place + 1], SelfAttention(widths[place], layers), *blocks[place + 1 :]]
