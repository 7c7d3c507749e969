"""Raw digits for tests: the four files, with noise in them."""

from pathlib import Path

import numpy as np

from frugalgan.data.idx import HELDOUT_FILES, IDX_FILES, TRAIN_FILES, write_idx

FILES = IDX_FILES


def random_bytes(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def raw_digits(raw: Path, *, size: int = 28, train: int = 20, heldout: int = 10) -> Path:
    raw.mkdir(parents=True)
    for seed, ((images, labels), count) in enumerate(((TRAIN_FILES, train), (HELDOUT_FILES, heldout))):
        write_idx(raw / f"{images}.gz", random_bytes(count, size, size, seed=seed))
        write_idx(raw / f"{labels}.gz", np.arange(count, dtype=np.uint8) % 10)
    return raw


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
