"""What a student learns from: images of a trained generator, made as it goes or beforehand."""

import numpy as np
import torch
from torch import Tensor, nn

from frugalgan.data.batches import Batch
from frugalgan.data.images import to_unit
from frugalgan.networks import Network


class Teacher(nn.Module):
    """Pairs of z and the teacher's image of it; the same pairs for the same batch and purpose."""

    def latents(self, batch: Batch, purpose: str) -> Tensor:
        """(N, latent_size) float32: z of as many pairs as the batch has images."""
        raise NotImplementedError

    def images(self, batch: Batch, purpose: str) -> Tensor:
        """(N, C, S, S) float32 in [-1, 1], without gradients: the teacher's images of these z."""
        raise NotImplementedError


class LiveTeacher(Teacher):
    """The trained generator itself, in memory, frozen; new z for every update."""

    def __init__(self, G: Network) -> None:
        super().__init__()
        self.G = G.requires_grad_(False).eval()

    def latents(self, batch: Batch, purpose: str) -> Tensor:
        return batch.normal(purpose, self.G.latent_size)

    @torch.no_grad()
    def images(self, batch: Batch, purpose: str) -> Tensor:
        return self.G(self.latents(batch, purpose), batch.labels)


class PooledTeacher(Teacher):
    """Pairs made beforehand, read from disk as they are needed: no teacher in memory, and none of its time.

    z (n, latent_size) float32, images (n, C, S, S) uint8, which is exact to half of one of 255 steps.
    """

    def __init__(self, z: np.ndarray, images: np.ndarray) -> None:
        super().__init__()
        self.z, self.pixels = z, images

    def latents(self, batch: Batch, purpose: str) -> Tensor:
        return torch.from_numpy(self.z[batch.choice(purpose, len(self.z))]).to(batch.real.device)

    def images(self, batch: Batch, purpose: str) -> Tensor:
        return to_unit(torch.from_numpy(self.pixels[batch.choice(purpose, len(self.z))]).to(batch.real.device))
