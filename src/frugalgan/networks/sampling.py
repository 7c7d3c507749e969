"""A generator and a seed → images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from frugalgan.data.batches import stream_seed
from frugalgan.data.images import enlarged_grid, to_uint8, write_png
from frugalgan.files import replaced
from frugalgan.networks import Network, every_label
from frugalgan.networks.store import load_generator

SAMPLES, OTHERS = "samples.npy", "others.npy"
FIXED_SEED, FIXED = 6, 6  # the six vectors that are watched over training, drawn once
BATCH = 64  # images per forward pass
SHOWN, SHOWN_COLUMNS = 40, 8  # images of a sample grid


def latents(n: int, latent_size: int, seed: int) -> Tensor:
    """(n, latent_size) float32, standard normal: the first n of the endless sequence of `seed`."""
    rng = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randn(latent_size, generator=rng) for _ in range(n)])


def fixed_latents(latent_size: int) -> Tensor:
    """The six fixed vectors (6, latent_size), the same for every model."""
    return latents(FIXED, latent_size, FIXED_SEED)


@torch.inference_mode()
def images_of(generator: Network, z: Tensor, y: Tensor | None = None) -> Tensor:
    """(n, latent_size) → (n, C, S, S) uint8 on the CPU.

    `y` (n,) are the labels for a conditional generator; None: each in turn.
    """
    device = next(generator.parameters()).device
    labels = every_label(generator, len(z)) if y is None else y.to(device)
    parts = zip(z.split(BATCH), [None] * len(z) if labels is None else labels.split(BATCH), strict=False)
    return torch.cat([to_uint8(generator(part.to(device), told)).cpu() for part, told in parts])


def generate(generator: Network, *, n: int, seed: int) -> Tensor:
    """n images of z from `seed`: (n, C, S, S) uint8. The generator must be in eval mode."""
    return images_of(generator, latents(n, generator.arguments["latent_size"], seed))


def write_samples(weights: Sequence[Path], out: Path, *, draws: int, n: int, seed: int) -> None:
    """Images of a model that was trained into the folders `weights`, one per seed, into the folder `out`.

    samples.npy (seeds, draws · n, C, S, S) uint8: z from `seed`, the same for every model. others.npy (seeds, n, C, S,
    S): z from another stream, for models to be compared with this one. grid.png shows the first 40 of the first seed,
    fixed.png the six fixed vectors.
    """
    generators = [load_generator(folder) for folder in weights]
    images = np.stack([generate(G, n=draws * n, seed=seed).numpy() for G in tqdm(generators, unit="seed")])
    other_seed = stream_seed(seed, "others")
    others = np.stack([generate(G, n=n, seed=other_seed).numpy() for G in generators])
    fixed = images_of(generators[0], fixed_latents(generators[0].arguments["latent_size"])).numpy()
    with replaced(out) as folder:
        folder.mkdir()
        np.save(folder / SAMPLES, images)
        np.save(folder / OTHERS, others)
        write_png(folder / "grid.png", enlarged_grid(images[0, :SHOWN], columns=SHOWN_COLUMNS))
        write_png(folder / "fixed.png", enlarged_grid(fixed, columns=FIXED))
