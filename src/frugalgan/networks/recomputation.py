"""Activations computed again for the gradient instead of kept for it (Chen et al. 2016, arXiv:1604.06174)."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.modules.instancenorm import _InstanceNorm
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.utils.checkpoint import checkpoint


def recomputing(block: nn.Module, *inputs: Any) -> Any:
    """`block(*inputs)`, to the bit, with only `inputs` kept for the gradient.

    On the way back the block is computed again, as far as its last operation that keeps something. Batch statistics
    are the same again, and are counted once.
    """
    return checkpoint(
        block, *inputs, use_reentrant=False, context_fn=partial(_contexts, block), preserve_rng_state=False
    )


def check_recomputable(network: nn.Module) -> None:
    """Raise ValueError where a layer gives something else when it is computed again: it is random, or changes."""
    for name, module in network.named_modules():
        hooked = any(isinstance(hook, SpectralNorm) for hook in module._forward_pre_hooks.values())
        if hooked or isinstance(module, _DropoutNd | _SpectralNorm):
            raise ValueError(
                f"training.recompute: {name} ({type(module).__name__}) gives something else each time that it is "
                "computed: set recompute: false, or networks without dropout and spectral norm"
            )


def stretches(layers: nn.Sequential) -> Iterator[nn.Sequential]:
    """The modules that stand in `layers`, and in sequences in it, cut in front of each normalisation.

    What lies between a normalisation and the next convolution is cheap to compute again; a convolution at the end of a
    stretch never is, for nothing behind it keeps anything. Other modules that hold modules stay whole.
    """
    stretch: list[nn.Module] = []
    for module in _flat(layers):
        if isinstance(module, _BatchNorm | _InstanceNorm | nn.GroupNorm) and stretch:
            yield nn.Sequential(*stretch)
            stretch = []
        stretch.append(module)
    yield nn.Sequential(*stretch)


def _flat(layers: nn.Sequential) -> Iterator[nn.Module]:
    for module in layers:
        if type(module) is nn.Sequential:
            yield from _flat(module)
        else:
            yield module


def _contexts(block: nn.Module) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """Around the first time, and around computing it again."""
    return nullcontext(), _WithoutCounting(block)


class _WithoutCounting:
    """Normalise by the batch's statistics as before, and leave the running ones as they are; may be entered again."""

    def __init__(self, block: nn.Module) -> None:
        norms = [module for module in block.modules() if isinstance(module, _BatchNorm) and module.training]
        self.norms = [(norm, norm.momentum, norm.num_batches_tracked) for norm in norms]

    def __enter__(self) -> None:
        for norm, _, _ in self.norms:
            norm.momentum, norm.num_batches_tracked = 0.0, None

    def __exit__(self, *error: object) -> None:
        for norm, momentum, count in self.norms:
            norm.momentum, norm.num_batches_tracked = momentum, count
