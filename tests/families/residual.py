"""A small family as unlike a plain chain as those to come: residual, conditional in every block, with attention.

Conditional batch normalisation with z in every block, self-attention and a projection critic as in BigGAN (Brock et
al. 2018, arXiv:1809.11096); hierarchical, so that no block can be cut from its z and label.
"""

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.config.sections import STRICT, Count
from frugalgan.data.facts import DataFacts
from frugalgan.networks import Family, Network

START = 4  # px
LABEL = 3  # numbers of a label's embedding


class ConditionalNorm(nn.Module):
    """Batch normalisation whose gain and bias are functions of a condition: (N, C, H, W), (N, K) → (N, C, H, W)."""

    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain, self.bias = nn.Linear(condition, channels), nn.Linear(condition, channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        gain, bias = self.gain(condition), self.bias(condition)
        return self.norm(x) * (1 + gain[:, :, None, None]) + bias[:, :, None, None]


class Up(nn.Module):
    """A residual block that doubles: (N, a, S, S), (N, K) → (N, b, 2S, 2S)."""

    def __init__(self, a: int, b: int, condition: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = ConditionalNorm(a, condition), ConditionalNorm(b, condition)
        self.conv1, self.conv2, self.skip = nn.Conv2d(a, b, 3, 1, 1), nn.Conv2d(b, b, 3, 1, 1), nn.Conv2d(a, b, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y = self.conv1(F.interpolate(F.relu(self.norm1(x, condition)), scale_factor=2))
        return self.conv2(F.relu(self.norm2(y, condition))) + F.interpolate(self.skip(x), scale_factor=2)


class Down(nn.Module):
    """A residual block that halves: (N, a, S, S) → (N, b, S/2, S/2)."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.conv1, self.conv2, self.skip = nn.Conv2d(a, b, 3, 1, 1), nn.Conv2d(b, b, 3, 1, 1), nn.Conv2d(a, b, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(F.leaky_relu(self.conv1(F.leaky_relu(x, 0.2)), 0.2))
        return F.avg_pool2d(y + self.skip(x), 2)


class Attention(nn.Module):
    """Self-attention over all places (Zhang et al. 2018, arXiv:1805.08318): (N, C, S, S) → the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Conv2d(channels, channels, 1) for _ in range(3))
        self.gamma = nn.Parameter(torch.tensor(0.5))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        query, key, value = (of(x).flatten(2) for of in (self.query, self.key, self.value))
        weights = (query.transpose(1, 2) @ key / query.shape[1] ** 0.5).softmax(dim=2)
        return x + self.gamma * (value @ weights.transpose(1, 2)).view_as(x)


class Stem(nn.Module):
    """z and a label → the condition of all blocks, and the first 4×4 px."""

    def __init__(self, latent_size: int, classes: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, LABEL) if classes else None
        self.condition = latent_size + LABEL * bool(classes)
        self.linear = nn.Linear(self.condition, width * START**2)

    def forward(self, z: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
        condition = z if self.embedding is None else torch.cat([z, self.embedding(y)], dim=1)
        return self.linear(condition).view(len(z), -1, START, START), condition


class ToImage(nn.Module):
    """(N, a, S, S), (N, K) → (N, channels, S, S) in [-1, 1]."""

    def __init__(self, a: int, channels: int, condition: int) -> None:
        super().__init__()
        self.norm, self.conv = ConditionalNorm(a, condition), nn.Conv2d(a, channels, 3, 1, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return self.conv(F.relu(self.norm(x, condition))).tanh()


class Generator(Network):
    """(N, latent_size), (N,) → (N, channels, S, S) in [-1, 1]."""

    def __init__(self, *, image_size: int, latent_size: int, width: int, channels: int, classes: int) -> None:
        super().__init__(
            image_size=image_size, latent_size=latent_size, width=width, channels=channels, classes=classes
        )
        self.stem = Stem(latent_size, classes, width)
        doublings = (image_size // START).bit_length() - 1
        ups: list[nn.Module] = [Up(width, width, self.stem.condition) for _ in range(doublings)]
        self.body = nn.ModuleList([ups[0], Attention(width), *ups[1:]])
        self.head = ToImage(width, channels, self.stem.condition)

    @property
    def blocks(self) -> list[nn.Module]:
        return [self.stem, *self.body, self.head]

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x, condition = self.run(self.stem, x, self.labels(y) if self.classes else None)
        for block in (*self.body, self.head):
            x = self.run(block, x, condition)
        return x


class Projection(nn.Module):
    """(N, a, S, S) → (N, outputs), and what the label adds (Miyato & Koyama 2018, arXiv:1802.05637)."""

    def __init__(self, a: int, outputs: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(a, outputs)
        self.embedding = nn.Embedding(classes, a) if classes else None

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        pooled = F.leaky_relu(x, 0.2).mean(dim=(2, 3))
        scores = self.linear(pooled)
        return scores if self.embedding is None else scores + (self.embedding(y) * pooled).sum(dim=1, keepdim=True)


class Encoder(Network):
    """(N, channels, S, S) in [-1, 1], (N,) → (N, outputs)."""

    def __init__(self, *, image_size: int, width: int, channels: int, classes: int, outputs: int = 1) -> None:
        super().__init__(image_size=image_size, width=width, channels=channels, classes=classes, outputs=outputs)
        halvings = (image_size // START).bit_length() - 1
        downs: list[nn.Module] = [Down(channels if not i else width, width) for i in range(halvings)]
        self.body = nn.ModuleList([downs[0], Attention(width), *downs[1:]])
        self.head = Projection(width, outputs, classes)

    @property
    def blocks(self) -> list[nn.Module]:
        return [*self.body, self.head]

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        for block in self.body:
            x = self.run(block, x)
        return self.run(self.head, x, self.labels(y) if self.classes else None)


class Critic(Encoder):
    """(N, channels, S, S) in [-1, 1], (N,) → (N,)."""

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return super().forward(x, y).flatten()


@dataclass(frozen=True, config=STRICT)
class Residual(Family):
    """Networks of `width` channels throughout."""

    width: Count

    def generator(self, data: DataFacts) -> Network:
        return Generator(latent_size=self.latent_size, **self.sizes(data))

    def critic(self, data: DataFacts) -> Network:
        return Critic(**self.sizes(data))

    def encoder(self, data: DataFacts, outputs: int) -> Network:
        return Encoder(outputs=outputs, **self.sizes(data))

    def sizes(self, data: DataFacts) -> dict[str, int]:
        """What all of its networks must know."""
        return {
            "image_size": data.size, "channels": data.channels, "classes": self.classes(data), "width": self.width
        }  # fmt: skip
