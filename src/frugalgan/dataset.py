"""The prepared images as batches: an endless order that can start anywhere."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from frugalgan.images import to_unit


@dataclass(frozen=True)
class Batch:
    """What one update sees: images, and the random stream of this moment of training."""

    real: Tensor  # (N, 3, S, S) float32 in [-1, 1]
    rng: torch.Generator  # on the CPU, so that every device draws the same numbers
    first: int = 0  # these are the rows from `first` on …
    whole: int | None = None  # … of a batch of so many; None: of themselves

    def normal(self, size: int) -> Tensor:
        """(N, size) float32, standard normal: z."""
        return self._own(torch.randn(self.whole or len(self.real), size, generator=self.rng))

    def uniform(self) -> Tensor:
        """(N, 1, 1, 1) float32 in [0, 1): ε."""
        return self._own(torch.rand(self.whole or len(self.real), 1, 1, 1, generator=self.rng))

    def split(self, parts: int) -> list["Batch"]:
        """`parts` equal batches, one after the other, that draw together what this one would.

        Raises ValueError where N is no multiple of `parts`.
        """
        if parts == 1:
            return [self]
        if len(self.real) % parts:
            raise ValueError(f"training.accumulate: {parts} does not divide the batch of {len(self.real)}; lower it")
        n, size = len(self.real), len(self.real) // parts
        starts = range(0, n, size)
        return [Batch(self.real[i : i + size], self.rng.clone_state(), i, n) for i in starts]

    def _own(self, drawn: Tensor) -> Tensor:
        return drawn[self.first : self.first + len(self.real)].to(self.real.device)


@dataclass(frozen=True)
class Images:
    """A memory-mapped uint8 array (N, 3, S, S), shuffled anew at each pass by (seed, pass)."""

    path: Path
    seed: int
    flip: bool
    device: torch.device

    @cached_property
    def array(self) -> np.ndarray:
        return np.load(self.path, mmap_mode="r")

    def batch(self, nimg: int, size: int) -> Batch:
        """The `size` images that follow the first `nimg`: a function of (seed, nimg) alone, hence resumable."""
        if size > len(self.array):
            raise ValueError(f"{self.path}: {len(self.array)} images, fewer than one batch of {size}; lower batch_size")
        images = torch.from_numpy(self.array[self._order(nimg, size)]).to(self.device)
        rng = torch.Generator().manual_seed(stream_seed(self.seed, nimg))
        real = to_unit(images)
        if self.flip:
            mirrored = (torch.rand(size, generator=rng) < 0.5).to(self.device)
            real = torch.where(mirrored[:, None, None, None], real.flip(3), real)
        return Batch(real, rng)

    def _order(self, nimg: int, size: int) -> np.ndarray:
        n = len(self.array)
        passes = range(nimg // n, (nimg + size - 1) // n + 1)
        order = np.concatenate([np.random.default_rng((self.seed, i)).permutation(n) for i in passes])
        start = nimg % n
        return order[start : start + size]


def stream_seed(*keys: int) -> int:
    """A 63-bit seed for a sequence of non-negative integers."""
    # SeedSequence pads with zeros, so that (1,) and (1, 0) would be one; the count tells them apart
    return int(np.random.SeedSequence((len(keys), *keys)).generate_state(1, np.uint64)[0] >> 1)
