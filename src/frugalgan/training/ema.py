"""The generator's running average, and the BatchNorm statistics that belong to its weights."""

import copy

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from frugalgan.networks import Network
from frugalgan.networks.sampling import estimate_statistics
from frugalgan.networks.spectral import FIRST_ITERATIONS, SpectralNorm


def averaged(G: Network, decay: float) -> AveragedModel | None:
    """An exponential moving average of G's trained weights, to be updated after each step; None for decay 0.

    θ_ema ← decay · θ_ema + (1 − decay) · θ, the generator that is sampled from (Karras et al. 2018, arXiv:1710.10196).
    """
    return AveragedModel(G, multi_avg_fn=get_ema_multi_avg_fn(decay)) if decay else None


def working_generator(G: Network, ema: AveragedModel | None, seed: int) -> Network:
    """A copy of the generator as it is used after training, in eval mode.

    The averaged weights get singular values and BatchNorm statistics of their own, over z from `seed`; layers that are
    frozen keep theirs.
    """
    generator: Network = copy.deepcopy(G if ema is None else ema.module)  # pyright: ignore[reportAssignmentType]
    with torch.no_grad():
        generator.finalize(torch.Generator().manual_seed(seed))
    if ema is None:
        return generator.eval()
    for module in generator.modules():
        if isinstance(module, SpectralNorm):
            module.iterate(FIRST_ITERATIONS)
    norms = [m for m in generator.modules() if isinstance(m, nn.BatchNorm2d) and m.training]
    estimate_statistics(generator, norms, seed, None)
    return generator.eval()
