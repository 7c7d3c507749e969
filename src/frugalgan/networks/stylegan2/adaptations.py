"""Ways to adapt a trained generator to a new domain with few numbers, all else frozen.

Domain vectors: HyperDomainNet (Alanov et al. 2022, arXiv:2210.08884); the others: StyleDomain (Alanov et al. 2023,
arXiv:2212.10229). `domain_vector_plus` and `hypernetwork_plus` are ours: they also adapt the layers to the image, which
decide on colours. Before training each gives the same images as the source, to the bit.
"""

from collections.abc import Callable, Iterator

import torch
from torch import nn

from frugalgan.networks import Network
from frugalgan.networks.stylegan2.hypernetwork import Hypernetwork, head
from frugalgan.networks.stylegan2.modulated import ModulatedConv

RANK = 5  # of changes of style layers in `affine_light`
HYPERNETWORKS = (HYPERNETWORK, HYPERNETWORK_PLUS) = ("hypernetwork", "hypernetwork_plus")
BLOCK = 64  # px of the block that has offsets; half the image's size where that is smaller


def adapt(generator: nn.Module, kind: str) -> None:
    """Freeze all but what that kind of adaptation trains. Raises ValueError for an unknown one."""
    if kind not in KINDS:
        raise ValueError(f"adaptation {kind!r}: must be one of {', '.join(KINDS)}")
    generator.requires_grad_(False)
    KINDS[kind](generator)


def _convs(generator: nn.Module, *, to_image: bool) -> Iterator[ModulatedConv]:
    """All modulated convolutions, those to the image only where asked for."""
    for module in generator.modules():
        if isinstance(module, ModulatedConv) and (module.demodulate or to_image):
            yield module


def _zeros(like: torch.Tensor, *shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(*shape, dtype=like.dtype, device=like.device))


def domain_vector(generator: nn.Module) -> None:
    """A factor for each input of the convolutions."""
    for conv in _convs(generator, to_image=False):
        conv.factor = _zeros(conv.weight, conv.weight.shape[1])


def domain_vector_plus(generator: nn.Module) -> None:
    """That, and offsets of the layers to the image: their kernels and biases."""
    domain_vector(generator)
    for block in _blocks(generator):
        conv, bias = block.to_image, block.bias
        assert isinstance(conv, ModulatedConv) and isinstance(bias, nn.Parameter)
        conv.offset = _zeros(conv.weight, *conv.weight.shape)
        bias.requires_grad_()


def style_space(generator: nn.Module) -> None:
    """A shift of each style of the convolutions, the same for all samples."""
    for conv in _convs(generator, to_image=False):
        conv.shift = _zeros(conv.weight, conv.weight.shape[1])


def affine(generator: nn.Module) -> None:
    """The layers from w to styles."""
    for conv in _convs(generator, to_image=True):
        conv.affine.requires_grad_()


def affine_plus(generator: nn.Module) -> None:
    """These, and offsets of the kernels of one block."""
    affine(generator)
    _offsets(generator)


def affine_light(generator: nn.Module) -> None:
    """Changes of rank RANK of these, and the same offsets."""
    for conv in _convs(generator, to_image=True):
        a, k = conv.affine.weight.shape
        # as of the second matrix the gradient is 0 while the first is: so one of them starts at random, of a fixed seed
        rng = torch.Generator().manual_seed(a * k)
        start = torch.randn(RANK, k, generator=rng) / k**0.5
        conv.down, conv.up = nn.Parameter(start.to(conv.weight)), _zeros(conv.weight, a, RANK)
    _offsets(generator)


def hypernetwork(generator: nn.Module) -> None:
    """A hypernetwork, and a head in each convolution that makes the factors of what it says."""
    assert isinstance(generator, Network)
    if not (domains := generator.arguments.get("domains", 0)):
        raise ValueError(
            "a hypernetwork holds several domains, which are the labels of its data: name several styles in `style` of "
            "the data set, or set its `labels: true`"
        )
    for conv in _convs(generator, to_image=False):
        conv.head = head(conv.weight.shape[1], conv.weight)
    generator.hypernetwork = Hypernetwork(domains, next(generator.parameters()))


def hypernetwork_plus(generator: nn.Module) -> None:
    """That, and heads that make offsets of the layers to the image."""
    hypernetwork(generator)
    for block in _blocks(generator):
        conv = block.to_image
        assert isinstance(conv, ModulatedConv)
        conv.head = head(conv.weight.shape[0] * (conv.weight.shape[1] + 1), conv.weight)


def _blocks(generator: nn.Module) -> list[nn.Module]:
    return [module for module in generator.modules() if hasattr(module, "to_image")]


def _offsets(generator: nn.Module) -> None:
    blocks = _blocks(generator)
    chosen = blocks[min(len(blocks) - 2, BLOCK.bit_length() - 3)]  # 4 px, 8 px, …
    for conv in _convs(chosen, to_image=True):
        b, a = conv.weight.shape[:2]
        conv.offset = _zeros(conv.weight, b, a, 1, 1)


KINDS: dict[str, Callable[[nn.Module], None]] = {
    "domain_vector": domain_vector,
    "domain_vector_plus": domain_vector_plus,
    "style_space": style_space,
    "affine": affine,
    "affine_plus": affine_plus,
    "affine_light": affine_light,
    HYPERNETWORK: hypernetwork,
    HYPERNETWORK_PLUS: hypernetwork_plus,
}
