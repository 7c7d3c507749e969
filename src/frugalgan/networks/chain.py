"""Networks that are a plain chain of layers, and are given labels as channels of their input."""

import torch
from torch import Tensor, nn

from frugalgan.networks.offers import Cut
from frugalgan.networks.recomputation import stretches


class Chain(Cut):
    """`layers` one after the other: a layer in the sense of the literature (convolution with its normalisation and
    activation) is a block, nearest the input first.

    Labels come in as further channels of the input, one per class: 1 throughout for the label, else 0 (Mirza &
    Osindero 2014, arXiv:1411.1784). Hooks with a default: `enter`, `leave`.
    """

    layers: nn.Sequential

    @property
    def blocks(self) -> list[nn.Module]:
        return list(self.layers)

    def enter(self, x: Tensor) -> Tensor:
        """The input as the first layer takes it, (N, C, H, W)."""
        return x

    def leave(self, x: Tensor) -> Tensor:
        """The output, of what the last layer gives."""
        return x

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return self.leave(self.through(self.layers, self.with_labels(self.enter(x), y)))

    def first(self, blocks: int, x: Tensor, y: Tensor | None) -> Tensor:
        return self.computed(self.through, self.layers[:blocks], self.with_labels(self.enter(x), y))

    def rest(self, blocks: int, x: Tensor, y: Tensor | None) -> Tensor:
        return self.leave(self.computed(self.through, self.layers[blocks:], x))

    def through(self, layers: nn.Sequential, x: Tensor) -> Tensor:
        """Some of its layers on their input. With `recompute` only the input of each normalisation is kept."""
        for stretch in stretches(layers) if self.recompute else [layers]:
            x = self.run(stretch, x)
        return x

    def with_labels(self, x: Tensor, y: Tensor | None) -> Tensor:
        """(N, C, H, W) → (N, C + classes, H, W). Raises ValueError where labels are needed and not there."""
        if not self.classes:
            return x
        channels = (self.labels(y)[:, None] == torch.arange(self.classes, device=x.device)).to(x.dtype)
        return torch.cat([x, channels[:, :, None, None].expand(-1, -1, *x.shape[2:])], dim=1)
