"""What an autoencoder makes of images: codes, reconstructions, and images of codes that no image had.

All functions take networks in eval mode, as `load_model` gives them; grids are (H, W, 3) uint8 RGB.
"""

import numpy as np
import torch
from scipy.stats import norm
from torch import Tensor

from frugalgan.data.images import enlarged_grid, to_unit
from frugalgan.networks.parts import Networks
from frugalgan.networks.sampling import BATCH, generate, images_of, latents

OUTERMOST = 0.03  # of the normal's probability, beyond the edge of the manifold's picture


@torch.inference_mode()
def encode(networks: Networks, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N, C, S, S) uint8 and (N,) labels → their codes (N, latent_size) float32; of a VAE, the means.

    Networks without classes ignore the labels. Raises ValueError for images of another shape or dtype.
    """
    channels, side = networks.E.channels, networks.E.image_size
    if images.shape[1:] != (channels, side, side) or images.dtype != np.uint8:
        raise ValueError(
            f"the encoder takes (N, {channels}, {side}, {side}) uint8 images, not {images.shape} {images.dtype}"
        )
    device = next(networks.E.parameters()).device
    told = _tensor(labels).to(device)
    codes = [
        networks.E(to_unit(part.to(device)), y).cpu()
        for part, y in zip(torch.tensor(images).split(BATCH), told.split(BATCH), strict=True)
    ]
    # a VAE's encoder gives the means and then as many logarithms of variances
    return torch.cat(codes)[:, : networks.G.latent_size].numpy()


def reconstructions(networks: Networks, images: np.ndarray, labels: np.ndarray, *, columns: int) -> np.ndarray:
    """(N, C, S, S) uint8 and (N,) labels → a row of images, a row of their reconstructions below it, and so on.

    Images that do not fill a row are left out. Raises ValueError as `encode` does, and where they fill none.
    """
    images = images[: len(images) // columns * columns]
    codes = torch.from_numpy(encode(networks, images, labels[: len(images)]))
    decoded = images_of(networks.G, codes, _tensor(labels[: len(images)])).numpy()
    rows = (-1, 1, columns, *images.shape[1:])
    pairs = np.concatenate([images.reshape(rows), decoded.reshape(rows)], axis=1)
    return enlarged_grid(pairs.reshape(-1, *images.shape[1:]), columns=columns)


def random_decodes(networks: Networks, *, n: int, columns: int, seed: int) -> np.ndarray:
    """What the decoder makes of the first n normal codes of `seed`; where it is conditional, of each label in turn."""
    return enlarged_grid(generate(networks.G, n=n, seed=seed).numpy(), columns=columns)


def by_label(networks: Networks, *, columns: int, seed: int) -> np.ndarray:
    """A row per label, from 0, of what the decoder makes of it; all of a column are of one normal code of `seed`.

    Raises ValueError unless the decoder is conditional.
    """
    classes = networks.G.classes
    if not classes:
        raise ValueError("images by label need a decoder that is told labels")
    z = latents(columns, networks.G.latent_size, seed).repeat(classes, 1)
    y = torch.arange(classes).repeat_interleave(columns)
    return enlarged_grid(images_of(networks.G, z, y).numpy(), columns=columns)


def manifold(networks: Networks, *, side: int) -> np.ndarray:
    """side × side decodes over the plane of codes, at equally probable steps of the normal from 3 % to 97 %.

    The code's first number grows from left to right, its second from bottom to top. Raises ValueError unless codes
    have two numbers and the decoder is not conditional.
    """
    if networks.G.latent_size != 2 or networks.G.classes:
        raise ValueError("a manifold is drawn of codes of two numbers, without labels")
    quantiles = norm.ppf(np.linspace(OUTERMOST, 1 - OUTERMOST, side)).astype(np.float32)
    first, second = np.meshgrid(quantiles, quantiles[::-1])
    z = torch.from_numpy(np.stack([first.ravel(), second.ravel()], axis=1))
    return enlarged_grid(images_of(networks.G, z).numpy(), columns=side)


def _tensor(labels: np.ndarray) -> Tensor:
    return torch.from_numpy(labels.astype(np.int64))
