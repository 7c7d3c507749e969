"""Tensors without memory have the shapes of those with memory."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from frugalgan.training.shapes import without_memory

OPERATIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "product with broadcasting": lambda x, w: x * x[:, :1],
    "of a channels-last input": lambda x, w: F.leaky_relu(_channels_last(x), 0.2),
    "convolution": lambda x, w: F.conv2d(x, w, padding=1, stride=2),
    "convolution with its weights' channels last": lambda x, w: F.conv2d(x, _channels_last(w), padding=1, stride=2),
    "1×1 convolution with them": lambda x, w: F.conv2d(x, _strides_too(w[:, :, :1, :1])),
    "transposed convolution with them": lambda x, w: F.conv_transpose2d(x, _channels_last(w.transpose(0, 1))),
    "gradient of a convolution with them": lambda x, w: _gradient(lambda x: F.conv2d(x, _channels_last(w)), x),
    "mean over some": lambda x, w: x.mean(dim=(2, 3), keepdim=True),
    "several in one": lambda x, w: torch.cat([x, x.transpose(2, 3)], dim=1),
    "one of several results": lambda x, w: torch.var_mean(x, dim=0)[1],
}


def _channels_last(x: Tensor) -> Tensor:
    return x.to(memory_format=torch.channels_last)


def _strides_too(w: Tensor) -> Tensor:
    """As networks are laid out: `contiguous` leaves the strides of 1×1 kernels."""
    return w.contiguous().to(memory_format=torch.channels_last)


def _gradient(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x.requires_grad_()
    return torch.autograd.grad(function(x).sum(), x)[0]


@pytest.mark.parametrize("name", OPERATIONS)
def test_shapes_and_strides_are_those_of_real_tensors_at_the_first_time_and_the_second(name: str) -> None:
    def result(n: int) -> tuple[torch.Size, tuple[int, ...], torch.dtype]:
        found = OPERATIONS[name](torch.zeros(n, 3, 8, 8), torch.zeros(5, 3, 3, 3))
        return found.shape, found.stride(), found.dtype

    real = [result(n) for n in (2, 4)]
    with without_memory(torch.float32) as device:
        assert [result(n) for n in (2, 4)] == real and [result(n) for n in (2, 4)] == real
        assert OPERATIONS[name](torch.zeros(2, 3, 8, 8), torch.zeros(5, 3, 3, 3)).device == device


def test_gradients_have_shapes_too_and_results_memory_of_their_own() -> None:
    with without_memory(torch.float32):
        x = torch.zeros(4, 3, requires_grad=True)
        products = [x * 2 for _ in range(3)]
        assert len({product.untyped_storage()._cdata for product in products}) == 3
        (gradient,) = torch.autograd.grad(products[2].square().sum(), x)
        assert gradient.shape == x.shape
        view = products[0].view(3, 4)
        assert view.untyped_storage()._cdata == products[0].untyped_storage()._cdata
        assert products[0].add_(1) is products[0]


def test_in_half_precision_autocast_chooses() -> None:
    with without_memory(torch.bfloat16) as device, torch.autocast(device.type, torch.bfloat16):
        assert (torch.zeros(2, 3) @ torch.zeros(3, 2)).dtype == torch.bfloat16
