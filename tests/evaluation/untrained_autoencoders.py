"""Autoencoders whose pictures tests look at, and grids taken apart."""

import numpy as np
import torch
from torch import Tensor

from frugalgan.data.facts import DataFacts
from frugalgan.data.images import SEEN, to_uint8, to_unit
from frugalgan.methods.ae import Ae
from frugalgan.methods.vae import Vae
from frugalgan.networks.dcgan import Dcgan
from frugalgan.networks.parts import Networks

AE = Ae(learning_rate=1e-3, beta1=0.9, beta2=0.999)
VAE = Vae(learning_rate=1e-3, beta1=0.9, beta2=0.999, pixel_sd=1.0)
SIZE, CODE = 32, 8
DIGITS = tuple("0123456789")
GAP = 4  # px between images of a grid


def autoencoder(method: Ae | Vae, *, conditional: bool = False, code: int = CODE) -> Networks:
    """Untrained, with weights so large that images of different codes and labels differ."""
    torch.manual_seed(7)
    family = Dcgan(latent_size=code, generator_width=16, critic_width=4, conditional=conditional)
    networks = method.build(family, DataFacts(SIZE, 3, False, DIGITS))
    with torch.no_grad():
        for network in networks.parts.values():
            for layer in network.eval().parameters():
                layer.mul_(4 if layer.ndim > 1 else 1)
    return networks


@torch.no_grad()
def decoded(networks: Networks, z: Tensor, label: int | None = None) -> np.ndarray:
    """(latent_size,) → (S, S, 3) uint8."""
    y = None if label is None else torch.tensor([label])
    return to_uint8(networks.G(z[None], y))[0].permute(1, 2, 0).numpy()


@torch.no_grad()
def encoded(networks: Networks, images: np.ndarray, labels: np.ndarray) -> Tensor:
    return networks.E(to_unit(torch.tensor(images)), torch.from_numpy(labels.astype(np.int64)))


def noise_images(n: int, size: int = SIZE) -> np.ndarray:
    """(n, 3, size, size) uint8."""
    return np.random.default_rng(0).integers(0, 256, (n, 3, size, size), np.uint8)


def tiles(picture: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """An enlarged grid's images (rows, columns, S, S, 3), once it is exactly of so many, each pixel a square."""
    step = SEEN + GAP
    assert picture.shape == (rows * step + GAP, columns * step + GAP, 3)
    assert picture.dtype == np.uint8
    cells = picture[GAP:, GAP:].reshape(rows, step, columns, step, 3).swapaxes(1, 2)[:, :, :SEEN, :SEEN]
    times = SEEN // SIZE
    small = cells[:, :, ::times, ::times]
    assert np.array_equal(small.repeat(times, axis=2).repeat(times, axis=3), cells)
    return small


def assert_same(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Equal but for rounding, which may depend on the batch."""
    assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= 1


def assert_differ(*images: np.ndarray) -> None:
    for i, image in enumerate(images):
        for other in images[:i]:
            assert np.abs(image.astype(int) - other.astype(int)).max() > 5
