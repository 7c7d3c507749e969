"""What is computed again gives the same, or is refused by name; tests/contract has it for every family."""

from dataclasses import replace

import pytest
import torch
from small import (
    CONDITIONAL,
    LABELLED,
    RESIDUAL_CONDITIONAL,
    TRANSFER,
    WGAN_GP,
    recipe,
    state_of,
)
from torch import Tensor, nn
from torch.nn.utils import parametrizations, spectral_norm

from frugalgan.networks.offers import Cut
from frugalgan.networks.recomputation import check_recomputable, recomputing, stretches


class Residual(nn.Module):
    """x + convolution of the normalised x."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 3, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


def test_blocks_with_a_skip_stay_whole() -> None:
    layers = nn.Sequential(nn.Conv2d(3, 3, 1), Residual(), nn.Sequential(nn.BatchNorm2d(3), nn.ReLU()), Residual())
    cut = [[type(module).__name__ for module in stretch] for stretch in stretches(layers)]
    assert cut == [["Conv2d", "Residual"], ["BatchNorm2d", "ReLU", "Residual"]]
    layers.eval()
    x = again = torch.randn(2, 3, 4, 4)
    for stretch in stretches(layers):
        again = recomputing(stretch, again)
    assert torch.equal(layers(x), again)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Dropout2d(0.5),
        spectral_norm(nn.Conv2d(3, 3, 1)),
        parametrizations.spectral_norm(nn.Conv2d(3, 3, 1)),
    ],
    ids=["dropout", "spectral norm", "spectral norm, parametrised"],
)
def test_a_layer_that_gives_something_else_each_time_is_refused_by_name(layer: nn.Module) -> None:
    with pytest.raises(
        ValueError, match=r"training\.recompute: 1\.0[\w.]* \(\w+\) gives something else each time .* set"
    ):
        check_recomputable(nn.Sequential(nn.ReLU(), nn.Sequential(layer)))


def test_weight_norm_is_the_same_when_it_is_computed_again() -> None:
    layers = nn.Sequential(nn.BatchNorm2d(3), parametrizations.weight_norm(nn.Conv2d(3, 3, 3)), nn.ReLU())
    check_recomputable(layers)
    x = torch.randn(2, 3, 4, 4)
    gradients = [
        torch.autograd.grad(y.square().sum(), list(layers.parameters())) for y in (layers(x), recomputing(layers, x))
    ]
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


def test_a_penalty_at_the_features_needs_a_critic_that_can_be_cut() -> None:
    at_features = replace(WGAN_GP, penalty_at="features")
    row = recipe(at_features, RESIDUAL_CONDITIONAL, TRANSFER, recipe(at_features, RESIDUAL_CONDITIONAL))
    with pytest.raises(ValueError, match=r"residual\.Critic does not offer what wgan_gp\.penalty_at: features needs"):
        state_of(row)


def test_labels_are_no_input_of_the_critics_other_blocks() -> None:
    """A cut chain has them in its first blocks, as channels of the image."""
    D = CONDITIONAL.critic(LABELLED).require(Cut, "this test")
    x, y = torch.randn(2, 3, 32, 32), torch.tensor([1, 2])
    assert torch.equal(D.rest(2, D.first(2, x, y), y), D(x, y))
    assert not torch.equal(D.first(2, x, y), D.first(2, x, y + 1))
