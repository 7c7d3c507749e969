"""Activations computed again for the gradient instead of kept for it (Chen et al. 2016, arXiv:1604.06174)."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm
from torch.utils.checkpoint import checkpoint


def recomputing(layers: nn.Module, x: Tensor) -> Tensor:
    """`layers(x)`, to the bit, with only the input of each normalisation kept for the gradient.

    What lies between a normalisation and the next convolution is computed again on the way back: normalisation and
    activation, which are cheap; never a convolution. Batch statistics are the same again, and are counted once.
    """
    for stretch in _stretches(layers):
        x = checkpoint(
            stretch, x, use_reentrant=False, context_fn=partial(_contexts, stretch), preserve_rng_state=False
        )
    return x


def _stretches(layers: nn.Module) -> Iterator[nn.Sequential]:
    """The leaves of `layers` in their order, cut in front of each normalisation."""
    stretch: list[nn.Module] = []
    for module in layers.modules():
        if next(module.children(), None) is not None:
            continue
        if isinstance(module, _BatchNorm | _InstanceNorm | nn.GroupNorm) and stretch:
            yield nn.Sequential(*stretch)
            stretch = []
        stretch.append(module)
    yield nn.Sequential(*stretch)


def _contexts(stretch: nn.Sequential) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """Around the first time, and around computing it again."""
    return nullcontext(), _WithoutCounting(stretch)


class _WithoutCounting:
    """Normalise by the batch's statistics as before, and leave the running ones as they are; may be entered again."""

    def __init__(self, stretch: nn.Sequential) -> None:
        norms = [module for module in stretch if isinstance(module, _BatchNorm) and module.training]
        self.norms = [(norm, norm.momentum, norm.num_batches_tracked) for norm in norms]

    def __enter__(self) -> None:
        for norm, _, _ in self.norms:
            norm.momentum, norm.num_batches_tracked = 0.0, None

    def __exit__(self, *error: object) -> None:
        for norm, momentum, count in self.norms:
            norm.momentum, norm.num_batches_tracked = momentum, count
