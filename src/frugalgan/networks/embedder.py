"""What a frozen network makes of an image: a direction in its feature space."""

from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.networks import Network
from frugalgan.networks.backbones import lite0

SIDE = 128  # px of what it is given


class Embedder(Network):
    """(N, C, S, S) float32 in [-1, 1], C = 1 or 3 → (N, d) float32 of length 1.

    It never trains and is not saved; gradients go through it to the image. Where it knows words: `words` (k, d) of k
    domains, and `directions` (k, d) from the source's words to them.
    """

    words: Tensor
    directions: Tensor

    @property
    def blocks(self) -> list[nn.Module]:
        return []


class Lite0Embedder(Embedder):
    """d = 1280: EfficientNet-Lite0's mean features."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = lite0()

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = F.interpolate(x.expand(-1, 3, -1, -1), size=(SIDE, SIDE), mode="bilinear")
        return F.normalize(self.backbone(x)[-1].mean(dim=(2, 3)), dim=1)
