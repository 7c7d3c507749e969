"""The prepared images as batches: an endless order that can start anywhere."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from torch import Tensor

from frugalgan.data.arrays import load_array
from frugalgan.data.images import to_unit
from frugalgan.files import FileError
from frugalgan.provenance import file_sha256


@dataclass(frozen=True)
class Batch:
    """What one update sees: images, and random numbers that are a function of `key` and of what they are for.

    A batch may be the rows from `first` on of a batch of `whole`: it draws the same numbers for them as that would,
    so parts of a batch, or several processes, make the same update as the whole.
    """

    real: Tensor  # (N, C, S, S) float32 in [-1, 1], C = 3 for RGB, 1 for grey
    key: tuple[int, ...]  # (seed, images seen before)
    first: int = 0
    whole: int | None = None  # None: these rows are all
    labels: Tensor | None = None  # (N,) int64, where the images have any

    def normal(self, purpose: str, size: int) -> Tensor:
        """(N, size), standard normal, of the type that the images have."""
        return self._own(torch.randn(self._rows, size, generator=self._rng(purpose)))

    def uniform(self, purpose: str, size: int = 1) -> Tensor:
        """(N, size, 1, 1) in [0, 1), of the type that the images have."""
        return self._own(torch.rand(self._rows, size, 1, 1, generator=self._rng(purpose)))

    def choice(self, purpose: str, n: int) -> np.ndarray:
        """(N,) int64 in 0 … n − 1: places in an array on disk."""
        chosen = np.random.default_rng((*self.key, crc32(purpose.encode()))).integers(n, size=self._rows)
        return chosen[self.first : self.first + len(self.real)]

    def split(self, parts: int) -> list["Batch"]:
        """`parts` equal batches, one after the other. Raises ValueError where N is no multiple of `parts`."""
        if len(self.real) % parts:
            raise ValueError(f"a batch of {len(self.real)} cannot be split into {parts} equal parts")
        size = len(self.real) // parts
        starts = range(0, len(self.real), size)
        labels = self.labels

        def part(i: int) -> Batch:
            rows = slice(i, i + size)
            return Batch(
                self.real[rows], self.key, self.first + i, self._rows, None if labels is None else labels[rows]
            )

        return [part(i) for i in starts]

    def is_due(self, interval: int, batches_per_update: int = 1) -> bool:
        """Whether what happens at every `interval`-th update, the first one included, happens at this one."""
        return self.seen // self._rows // batches_per_update % interval == 0

    @property
    def seen(self) -> int:
        """How many images were seen before this batch."""
        return self.key[-1]

    def labels_of(self, images: Tensor) -> Tensor | None:
        """(kN,): the labels of k times as many images, of real ones and, after them, of as many fakes, say."""
        return None if self.labels is None else self.labels.repeat(len(images) // len(self.real))

    @property
    def _rows(self) -> int:
        return len(self.real) if self.whole is None else self.whole

    def _rng(self, purpose: str) -> torch.Generator:
        # on the CPU, so that every device draws the same numbers
        return torch.Generator().manual_seed(stream_seed(*self.key, purpose))

    def _own(self, drawn: Tensor) -> Tensor:
        return drawn[self.first : self.first + len(self.real)].to(self.real)


@dataclass(frozen=True)
class Images:
    """A memory-mapped uint8 array (N, C, S, S), shuffled anew at each pass by (seed, pass).

    Of several processes, number `rank` of `processes` gets its own equal share of every batch.
    """

    path: Path
    seed: int
    flip: bool
    device: torch.device
    rank: int = 0
    processes: int = 1
    labels_path: Path | None = None  # (N,) integers, of the same order; None: the images have none
    pictures: int = 0  # so many of them alone, of the seed's choice; 0: all

    @cached_property
    def array(self) -> np.ndarray:
        """Raises FileError where it is missing or damaged, or has too few."""
        return self._chosen(load_array(self.path))

    @cached_property
    def labels(self) -> np.ndarray | None:
        """(N,) int64. Raises FileError where there are not as many as images."""
        if self.labels_path is None:
            return None
        labels, images = load_array(self.labels_path).astype(np.int64), len(load_array(self.path))
        if len(labels) != images:
            raise FileError(f"{self.labels_path}: {len(labels)} labels for the {images} images of {self.path}")
        return self._chosen(labels)

    def sha256(self) -> str:
        """Of the images' file, or of its and the labels' sha256. Raises FileError."""
        _ = self.array  # whole, or an error that says what to do
        if self.labels_path is None or self.labels is None:
            return file_sha256(self.path)
        return hashlib.sha256((file_sha256(self.path) + file_sha256(self.labels_path)).encode()).hexdigest()

    def batch(self, nimg: int, size: int) -> Batch:
        """This process's share of the `size` images that follow the first `nimg`: a function of (seed, nimg) alone.

        Where there are fewer images than `size`, some are in it again.

        `size` must be a multiple of `processes`. Pixels travel to the device as uint8 and become floats there.
        """
        share = size // self.processes
        first = self.rank * share
        rows = self._order(nimg + first, share)
        images = torch.from_numpy(self.array[rows]).to(self.device)
        labels = None if self.labels is None else torch.from_numpy(self.labels[rows]).to(self.device)
        batch = Batch(to_unit(images), (self.seed, nimg), first, size, labels)
        if not self.flip:
            return batch
        return replace(batch, real=torch.where(batch.uniform("flip") < 0.5, batch.real.flip(3), batch.real))

    def _chosen(self, rows: np.ndarray) -> np.ndarray:
        if self.pictures > len(rows):
            raise FileError(
                f"{self.path}: {len(rows)} images, but the budget asks for pictures: {self.pictures} of them"
            )
        if not self.pictures:
            return rows
        rng = np.random.default_rng(stream_seed(self.seed, "pictures"))
        return rows[np.sort(rng.choice(len(rows), self.pictures, replace=False))]

    def _order(self, nimg: int, size: int) -> np.ndarray:
        n = len(self.array)
        passes = range(nimg // n, (nimg + size - 1) // n + 1)
        order = np.concatenate([_permutation(n, self.seed, i) for i in passes])
        start = nimg % n
        return order[start : start + size]


@lru_cache(maxsize=4)
def _permutation(n: int, seed: int, number: int) -> np.ndarray:
    return np.random.default_rng((seed, number)).permutation(n)


def stream_seed(*keys: int | str) -> int:
    """A 63-bit seed for a sequence of non-negative integers and names: of the purpose that random numbers are for."""
    numbers = [crc32(key.encode()) if isinstance(key, str) else key for key in keys]
    # SeedSequence pads with zeros, so that (1,) and (1, 0) would be one; the count tells them apart
    return int(np.random.SeedSequence((len(numbers), *numbers)).generate_state(1, np.uint64)[0] >> 1)
