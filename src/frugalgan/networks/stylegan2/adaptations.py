"""Ways to adapt a trained generator to a new domain with few numbers, all else frozen.

Domain vectors: HyperDomainNet (Alanov et al. 2022, arXiv:2210.08884); the others: StyleDomain (Alanov et al. 2023,
arXiv:2212.10229). `domain_vector_plus` and `hypernetwork_plus` are ours: they also adapt the layers to the image, which
decide on colours. Before training each gives the same images as the source, to the bit.
"""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

from frugalgan.networks import Network
from frugalgan.networks.stylegan2.blocks import Block
from frugalgan.networks.stylegan2.hypernetwork import Hypernetwork, head
from frugalgan.networks.stylegan2.modulated import Modulated, StyledConv, ToImage

T = TypeVar("T", bound=nn.Module)
RANK = 5  # of changes of style layers in `affine_light`
HYPERNETWORKS = (HYPERNETWORK, HYPERNETWORK_PLUS) = ("hypernetwork", "hypernetwork_plus")
BLOCK = 64  # px of the block that has offsets; half the image's size where that is smaller


def adapt(generator: Network, kind: str) -> None:
    """Freeze all but what that kind of adaptation trains. Raises ValueError for an unknown one."""
    if kind not in KINDS:
        raise ValueError(f"adaptation {kind!r}: must be one of {', '.join(KINDS)}")
    generator.requires_grad_(False)
    KINDS[kind](generator)


def _all(module: nn.Module, kind: type[T]) -> list[T]:
    """All of that kind in it, in its order."""
    return [found for found in module.modules() if isinstance(found, kind)]


def _zeros(like: torch.Tensor, *shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(*shape, dtype=like.dtype, device=like.device))


def domain_vector(generator: Network) -> None:
    """A factor for each input of the convolutions."""
    for conv in _all(generator, StyledConv):
        conv.factor = _zeros(conv.weight, conv.weight.shape[1])


def domain_vector_plus(generator: Network) -> None:
    """That, and offsets of the layers to the image: their kernels and biases."""
    domain_vector(generator)
    for block in _all(generator, Block):
        conv = block.to_image
        conv.offset = _zeros(conv.weight, *conv.weight.shape)
        block.bias.requires_grad_()


def style_space(generator: Network) -> None:
    """A shift of each style of the convolutions, the same for all samples."""
    for conv in _all(generator, StyledConv):
        conv.shift = _zeros(conv.weight, conv.weight.shape[1])


def affine(generator: Network) -> None:
    """The layers from w to styles."""
    for conv in _all(generator, Modulated):
        conv.affine.requires_grad_()


def affine_plus(generator: Network) -> None:
    """These, and offsets of the kernels of one block."""
    affine(generator)
    _offsets(generator)


def affine_light(generator: Network) -> None:
    """Changes of rank RANK of these, and the same offsets."""
    for conv in _all(generator, Modulated):
        a, k = conv.affine.weight.shape
        # as of the second matrix the gradient is 0 while the first is: so one of them starts at random, of a fixed seed
        rng = torch.Generator().manual_seed(a * k)
        start = torch.randn(RANK, k, generator=rng) / k**0.5
        conv.down, conv.up = nn.Parameter(start.to(conv.weight)), _zeros(conv.weight, a, RANK)
    _offsets(generator)


def hypernetwork(generator: Network) -> None:
    """A hypernetwork, and a head in each convolution that makes the factors of what it says."""
    if not (domains := generator.arguments.get("domains", 0)):
        raise ValueError(
            "a hypernetwork holds several domains, which are the labels of its data: name several styles in `style` of "
            "the data set, or set its `labels: true`"
        )
    for conv in _all(generator, StyledConv):
        conv.head = head(conv.weight.shape[1], conv.weight)
    generator.hypernetwork = Hypernetwork(domains, next(generator.parameters()))


def hypernetwork_plus(generator: Network) -> None:
    """That, and heads that make offsets of the layers to the image."""
    hypernetwork(generator)
    for conv in _all(generator, ToImage):
        conv.head = head(conv.weight.shape[0] * (conv.weight.shape[1] + 1), conv.weight)


def _offsets(generator: Network) -> None:
    blocks = _all(generator, Block)
    chosen = blocks[min(len(blocks) - 2, BLOCK.bit_length() - 3)]  # 4 px, 8 px, …
    for conv in _all(chosen, Modulated):
        b, a = conv.weight.shape[:2]
        conv.offset = _zeros(conv.weight, b, a, 1, 1)


KINDS: dict[str, Callable[[Network], None]] = {
    "domain_vector": domain_vector,
    "domain_vector_plus": domain_vector_plus,
    "style_space": style_space,
    "affine": affine,
    "affine_plus": affine_plus,
    "affine_light": affine_light,
    HYPERNETWORK: hypernetwork,
    HYPERNETWORK_PLUS: hypernetwork_plus,
}
