"""A generator and a seed → images."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from frugalgan.data.batches import stream_seed
from frugalgan.data.images import enlarged_grid, to_uint8, write_png
from frugalgan.files import replaced
from frugalgan.networks import Network, every_label
from frugalgan.networks.offers import Styled
from frugalgan.networks.store import load_generator

SAMPLES, OTHERS = "samples.npy", "others.npy"
FIXED_SEED, FIXED = 6, 6  # the six vectors that are watched over training, drawn once
BATCH = 64  # images per forward pass
STATISTICS_BATCHES = 4  # of z, from which BatchNorm statistics are estimated
SHOWN, SHOWN_COLUMNS = 40, 8  # images of a sample grid


def latents(n: int, latent_size: int, seed: int) -> Tensor:
    """(n, latent_size) float32, standard normal: the first n of the endless sequence of `seed`."""
    rng = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randn(latent_size, generator=rng) for _ in range(n)])


def truncated(z: Tensor, threshold: float) -> Tensor:
    """Standard normal numbers → as many of a normal distribution cut off at ± `threshold`, one for one.

    As if every number beyond the threshold were drawn anew until it is within (the truncation trick: Brock et al. 2019,
    arXiv:1809.11096), but equal ranks keep equal ranks, so that images of several thresholds resemble each other.
    Raises ValueError for a threshold ≤ 0.
    """
    if threshold <= 0:
        raise ValueError(f"truncation at {threshold:g}: a threshold must be above 0")
    within = torch.special.erf(torch.tensor(threshold / 2**0.5, dtype=torch.float64))
    rank = torch.special.ndtr(z.double())  # uniform in 0 … 1
    return torch.special.ndtri(0.5 + (rank - 0.5) * within).clamp(-threshold, threshold).to(z.dtype)


@torch.no_grad()
def estimate_statistics(generator: Network, norms: Sequence[nn.Module], seed: int, threshold: float | None) -> None:
    """Set the statistics of these of its BatchNorm layers to those of z, truncated where a threshold is given, and of
    random labels where it is conditional, all from `seed`: the standing statistics of Brock et al. 2019.

    The layers must be in training mode, and stay so.
    """
    for norm in norms:
        assert isinstance(norm, nn.BatchNorm2d)
        norm.reset_running_stats()
        norm.momentum = None  # cumulative average
    rng = torch.Generator().manual_seed(seed)
    device, classes = next(generator.parameters()).device, generator.classes
    for _ in range(STATISTICS_BATCHES if norms else 0):
        z = torch.randn(BATCH, generator.latent_size, generator=rng)
        z = z if threshold is None else truncated(z, threshold)
        y = torch.randint(classes, (BATCH,), generator=rng).to(device) if classes else None
        generator(z.to(device), y)


def truncating(generator: Network, threshold: float, seed: int) -> Callable[[Tensor], Tensor]:
    """Let a generator draw with less variety; returns what z (N, latent_size) must go through on its way to it.

    Of a generator that has styles, w moves towards their mean: `threshold` is ψ (Karras et al. 2019, arXiv:1812.04948),
    and z stays as it is. Any other is given truncated z, and its BatchNorm statistics are then those of such z, drawn
    from `seed`, in eval mode.
    """
    if isinstance(generator, Styled):
        generator.truncation = threshold
        return nn.Identity()
    norms = [module.train() for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]
    estimate_statistics(generator, norms, stream_seed(seed, "statistics"), threshold)
    generator.eval()
    return partial(truncated, threshold=threshold)


def truncated_images(generator: Network, *, n: int, seed: int, threshold: float) -> Tensor:
    """n images of z from `seed`, truncated: (n, C, S, S) uint8. The generator is then as `truncating` leaves it."""
    through = truncating(generator, threshold, seed)
    return images_of(generator, through(latents(n, generator.latent_size, seed)))


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
    return images_of(generator, latents(n, generator.latent_size, seed))


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
    fixed = images_of(generators[0], fixed_latents(generators[0].latent_size)).numpy()
    with replaced(out) as folder:
        folder.mkdir()
        np.save(folder / SAMPLES, images)
        np.save(folder / OTHERS, others)
        write_png(folder / "grid.png", enlarged_grid(images[0, :SHOWN], columns=SHOWN_COLUMNS))
        write_png(folder / "fixed.png", enlarged_grid(fixed, columns=FIXED))
