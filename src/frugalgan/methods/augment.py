"""DiffAugment (Zhao et al. 2020, arXiv:2006.10738): what the critic sees is changed at random, real or generated.

Gradients flow through to the generator. Random numbers come from the batch, so parts of it, or several processes, see
the same.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from frugalgan.data.batches import Batch

LARGEST_SHIFT = 1 / 8  # of the side
CUT = 1 / 2  # of the side
SMALLEST = 16  # px: below, a cutout leaves next to nothing


def augmented(images: Tensor, kinds: Sequence[str], batch: Batch, stream: str) -> Tensor:
    """(kN, C, S, S) in [-1, 1] → the same shape, for a batch of N: each image changed in its own way.

    `kinds`, in the order of the paper: colour (brightness, saturation, contrast), translation, cutout. Raises
    ValueError for images that are too small.
    """
    if kinds and images.shape[2] < SMALLEST:
        raise ValueError(f"augment needs images of {SMALLEST} px and more, not {images.shape[2]}")
    copies = len(images) // len(batch.real)

    def uniform(purpose: str, size: int) -> Tensor:
        """(kN, size, 1, 1) in [0, 1)."""
        return torch.cat([batch.uniform(f"{stream} {purpose} {copy}", size) for copy in range(copies)])

    for name in (name for name in KINDS if name in kinds):
        images = KINDS[name](images, uniform(name, 3))
    return images


def _colour(images: Tensor, u: Tensor) -> Tensor:
    images = images + (u[:, :1] - 0.5)
    grey = images.mean(dim=1, keepdim=True)
    images = torch.lerp(grey, images, 2 * u[:, 1:2])
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return torch.lerp(mean, images, 0.5 + u[:, 2:])


def _translated(images: Tensor, u: Tensor) -> Tensor:
    size = images.shape[2]
    largest = int(size * LARGEST_SHIFT + 0.5)
    shifts = (u[:, :2, 0, 0] * (2 * largest + 1)).long()  # 0 … 2 · largest
    places = torch.arange(size, device=images.device)
    rows, columns = (shifts[:, i, None] + places for i in (0, 1))
    padded = F.pad(images, (largest,) * 4).permute(0, 2, 3, 1)
    one = torch.arange(len(images), device=images.device)[:, None, None]
    return padded[one, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2)


def _cut_out(images: Tensor, u: Tensor) -> Tensor:
    size = images.shape[2]
    side = int(size * CUT + 0.5)
    centres = (u[:, :2, 0, 0] * (size + 1 - side % 2)).long()
    places = torch.arange(size, device=images.device)
    rows, columns = (
        (places >= centres[:, i, None] - side // 2) & (places < centres[:, i, None] - side // 2 + side) for i in (0, 1)
    )
    return images.masked_fill((rows[:, :, None] & columns[:, None])[:, None], 0)


KINDS = {"colour": _colour, "translation": _translated, "cutout": _cut_out}
