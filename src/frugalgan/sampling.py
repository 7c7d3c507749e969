"""A generator and a seed → images."""

from pathlib import Path

import torch
from torch import Tensor

from frugalgan.files import replaced
from frugalgan.images import grid, to_uint8, write_png
from frugalgan.models import load_generator
from frugalgan.networks import Network, every_label

__all__ = ["generate", "load_generator", "write_samples"]

FIXED_SEED, FIXED = 6, 6  # the six vectors that are watched over training, drawn once
SHOWN, SHOWN_COLUMNS = 40, 8  # images of a sample grid


def latents(n: int, latent_size: int, seed: int) -> Tensor:
    """(n, latent_size) float32, standard normal: the first n of the endless sequence of `seed`."""
    rng = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randn(latent_size, generator=rng) for _ in range(n)])


def fixed_latents(latent_size: int) -> Tensor:
    """The six fixed vectors (6, latent_size), the same for every model."""
    return latents(FIXED, latent_size, FIXED_SEED)


@torch.inference_mode()
def images_of(generator: Network, z: Tensor, batch_size: int, y: Tensor | None = None) -> Tensor:
    """(n, latent_size) → (n, C, S, S) uint8 on the CPU.

    `y` (n,) are the labels of a generator that is told any; None: each in turn.
    """
    device = next(generator.parameters()).device
    labels = every_label(generator, len(z)) if y is None else y.to(device)
    parts = zip(z.split(batch_size), [None] * len(z) if labels is None else labels.split(batch_size), strict=False)
    return torch.cat([to_uint8(generator(part.to(device), told)).cpu() for part, told in parts])


def generate(generator: Network, *, n: int, seed: int, batch_size: int) -> Tensor:
    """n images of z from `seed`: (n, C, S, S) uint8. The generator must be in eval mode."""
    return images_of(generator, latents(n, generator.arguments["latent_size"], seed), batch_size)


def write_samples(
    model: Path, out: Path, grid_file: Path, fixed_file: Path, *, n: int, seed: int, batch_size: int
) -> None:
    """The model's n images of z from `seed` as PNGs (00000.png …) in folder `out`, and two grids of some of them.

    `grid_file` shows the first 40, `fixed_file` the six fixed vectors.
    """
    generator = load_generator(model)
    images = generate(generator, n=n, seed=seed, batch_size=batch_size).numpy()
    with replaced(out) as folder:
        folder.mkdir()
        for i, image in enumerate(images):
            write_png(folder / f"{i:05d}.png", image.transpose(1, 2, 0))
    grid_file.parent.mkdir(parents=True, exist_ok=True)
    write_png(grid_file, grid(images[:SHOWN], columns=SHOWN_COLUMNS))
    z = fixed_latents(generator.arguments["latent_size"])
    write_png(fixed_file, grid(images_of(generator, z, FIXED).numpy(), columns=FIXED))
