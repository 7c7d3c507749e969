"""Instance normalisation: torch's numbers, and a second derivative that is the slow one's."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.networks.instance_norm import InstanceNorm2d

SHAPE = (3, 5, 4, 6)


def pair(dtype: torch.dtype = torch.float64) -> tuple[nn.InstanceNorm2d, nn.InstanceNorm2d]:
    """Ours and torch's, with the same random weights."""
    ours = InstanceNorm2d(SHAPE[1]).to(dtype)
    theirs = nn.InstanceNorm2d(SHAPE[1], affine=True).to(dtype)
    with torch.no_grad():
        for weight in ours.parameters():
            weight.normal_()
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def first_and_second(norm: nn.Module, x: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
    """The output, its gradient, and those of a gradient penalty, whose loss has the output in it, too."""
    x = x.clone().requires_grad_()
    y = F.leaky_relu_(norm(x), 0.2)  # written into, as in the critic
    (slope,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    penalty = (slope.flatten(1).norm(dim=1) - 1).square().sum() + y.sin().sum()
    return y, slope, list(torch.autograd.grad(penalty, [x, *norm.parameters()]))


def test_outputs_and_first_derivatives_are_torchs_to_the_bit() -> None:
    ours, theirs = pair(torch.float32)
    x = torch.randn(SHAPE)
    for mine, its in zip(first_and_second(ours, x)[:2], first_and_second(theirs, x)[:2], strict=True):
        assert torch.equal(mine, its)


def test_second_derivatives_are_those_of_torch() -> None:
    ours, theirs = pair()
    x = torch.randn(SHAPE, dtype=torch.float64)
    for mine, its in zip(first_and_second(ours, x)[2], first_and_second(theirs, x)[2], strict=True):
        torch.testing.assert_close(mine, its, rtol=1e-9, atol=1e-9)


def test_all_derivatives_are_those_of_finite_differences() -> None:
    ours, _ = pair()
    x = torch.randn(2, SHAPE[1], 2, 3, dtype=torch.float64, requires_grad=True)

    def slope(x: Tensor, weight: Tensor, b: Tensor) -> Tensor:
        with torch.enable_grad():
            y = torch.func.functional_call(ours, {"weight": weight}, (x,))
            return torch.autograd.grad(y, x, b, create_graph=True)[0]

    weight, b = ours.weight.detach().clone().requires_grad_(), torch.randn_like(x).requires_grad_()
    assert torch.autograd.gradcheck(slope, (x, weight, b))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rounding_costs_no_more_than_in_torch_even_far_from_zero(dtype: torch.dtype) -> None:
    ours, theirs = pair()
    x = (torch.randn(8, *SHAPE[1:3], 64, dtype=torch.float64) + 10).to(dtype).double()
    exact = first_and_second(theirs, x)[2]
    for of_ours, of_torch, true in zip(
        first_and_second(ours.to(torch.float32), x.to(dtype))[2],
        first_and_second(theirs.to(torch.float32), x.to(dtype))[2],
        exact,
        strict=True,
    ):
        rounding = torch.finfo(dtype).eps * true.norm()
        assert (of_ours - true).norm() < 2 * (of_torch - true).norm() + rounding


def test_what_is_frozen_has_no_gradient() -> None:
    ours, _ = pair()
    x = torch.randn(SHAPE, dtype=torch.float64)
    ours(x).sum().backward()
    assert x.grad is None and ours.weight.grad is not None
    ours.requires_grad_(False)
    x.requires_grad_()
    (slope,) = torch.autograd.grad(ours(x).square().sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert x.grad is not None and not ours.weight.requires_grad


def test_a_loss_of_the_weights_gradient_is_refused() -> None:
    ours, _ = pair()
    x = torch.randn(SHAPE, dtype=torch.float64, requires_grad=True)
    (of_weight,) = torch.autograd.grad(ours(x).square().sum(), ours.weight, create_graph=True)
    with pytest.raises(NotImplementedError, match=r"use nn\.InstanceNorm2d"):
        of_weight.square().sum().backward()


@pytest.mark.parametrize("shape", [(5, 4, 6), (3, 4, 4, 6), (3, 5, 1, 1)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"must be \(N, 5, H, W\), H · W > 1"):
        InstanceNorm2d(5)(torch.zeros(shape))
