"""One network that holds the domain vectors of many domains: HyperDomainNet (Alanov et al. 2022, arXiv:2210.08884).

Theirs is given CLIP's embedding of a text; this one learns an embedding of each domain, with the rest.
"""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

WIDTH, LAYERS = 64, 2


class Hypernetwork(nn.Module):
    """The number of a domain (N,) → (N, WIDTH), of which a linear layer in each convolution makes its domain vector.

    Its layers are residual. Heads start at 0, and so do all vectors: the source's images.
    """

    def __init__(self, domains: int, like: Tensor) -> None:
        super().__init__()
        place: dict[str, Any] = {"device": like.device, "dtype": like.dtype}
        self.embedding = nn.Embedding(domains, WIDTH, **place)
        self.layers = nn.ModuleList(nn.Linear(WIDTH, WIDTH, **place) for _ in range(LAYERS))

    def forward(self, y: Tensor) -> Tensor:
        x = self.embedding(y)
        for layer in self.layers:
            x = x + F.relu(layer(x))
        return x


def head(numbers: int, like: Tensor) -> nn.Linear:
    """(N, WIDTH) → (N, numbers), 0 at first: what a convolution is given for a domain. `like`: a tensor beside it."""
    layer = nn.Linear(WIDTH, numbers, device=like.device, dtype=like.dtype)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
