"""LeCam regularisation (Tseng et al. 2021, arXiv:2104.03310), for training on few images.

The critic's outputs on real images are pulled towards the running mean of those on generated ones, and the other way
round, which keeps a critic that knows its few images by heart from saying so ever louder.
"""

import torch
from torch import Tensor, nn

SHARE = 0.01  # of the newest update in the running means [paper: 0.99 of the old]
MEAN_REAL, MEAN_FAKE = "mean_D_real", "mean_D_fake"


class Means(nn.Module):
    """Running means of the critic's outputs, scalars, 0 at first. Snapshots keep them; a trained model does not."""

    real: Tensor
    fake: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("real", torch.zeros(()))
        self.register_buffer("fake", torch.zeros(()))

    def update(self, real: Tensor, fake: Tensor) -> None:
        """Move the running means towards those of one update, over all parts of its batch."""
        self.real.lerp_(real, SHARE)
        self.fake.lerp_(fake, SHARE)


def lecam_penalty(real: Tensor, fake: Tensor, means: Means) -> Tensor:
    """E[max(0, D(x) − ā_fake)²] + E[max(0, ā_real − D(G(z)))²] of the critic's outputs (N, …), ā the `Means`.

    So google/lecam-gan has it; formula 5 of the paper has no max. Theirs begins at update 1,000, ours with the first.
    """
    return (real - means.fake).relu().square().mean() + (means.real - fake).relu().square().mean()
