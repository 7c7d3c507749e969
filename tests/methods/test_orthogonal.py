"""Orthogonal regularisation, the hinge method, and the running average by half-life."""

from dataclasses import replace

import pytest
import torch
from small import HINGE, VAE, accumulation_of, batch_of, recipe, state_of, switched
from torch import nn

from frugalgan.methods.losses import ADVERSARIAL
from frugalgan.methods.orthogonal import orthogonal_penalty, orthogonality
from frugalgan.networks.parts import trainable
from frugalgan.networks.spectral import spectral, weight_of


def test_the_penalty_by_hand_and_of_orthogonal_rows() -> None:
    W = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert orthogonal_penalty(W).item() == 2 * 11**2  # 1·3 + 2·4, twice
    rows = 5 * nn.init.orthogonal_(torch.empty(4, 9, dtype=torch.float64))
    assert orthogonal_penalty(rows).item() == pytest.approx(0, abs=1e-6)  # whatever their norms


def test_its_gradient_is_four_times_the_products_times_the_matrix() -> None:
    W = torch.randn(3, 5, requires_grad=True)
    orthogonal_penalty(W).backward()
    products = (W @ W.T).detach()
    assert W.grad is not None
    assert torch.allclose(W.grad, 4 * (products - products.diagonal().diag()) @ W.detach(), atol=1e-4)


def test_it_is_of_trained_matrices_alone_before_normalisation_by_outputs() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.ConvTranspose2d(3, 2, 2), nn.BatchNorm2d(2), spectral(nn.Conv2d(2, 4, 1)), nn.Embedding(3, 4)
    )
    up, conv = weight_of(network[0]), weight_of(network[2])
    expected = orthogonal_penalty(up.transpose(0, 1).flatten(1)) + orthogonal_penalty(conv.flatten(1))
    assert orthogonality(network, trainable(network)).item() == pytest.approx(expected.item(), rel=1e-5)
    network[0].requires_grad_(False)
    assert orthogonality(network, trainable(network)).item() == pytest.approx(
        orthogonal_penalty(conv.flatten(1)).item(), rel=1e-5
    )


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_step_lessens_it_whatever_the_parts_of_a_batch(accumulate: int) -> None:
    found = []
    for weight in (0.0, 10.0):
        row = recipe(switched(HINGE, orthogonal=weight) if weight else HINGE)
        state = state_of(row)
        losses = {}
        for _ in range(5):
            losses = row.method.step(
                state.networks, state.optimizers, lambda: batch_of(4), accumulation_of(accumulate=accumulate)
            )
        found.append(orthogonality(state.networks.G, trainable(state.networks.G)).item())
        assert ("orthogonal" in losses) == bool(weight)
    assert found[1] < 0.9 * found[0]


def test_a_generator_none_of_whose_matrices_trains_has_none_on_its_device() -> None:
    with torch.device("meta"):
        networks = recipe(HINGE).networks()
    found = orthogonality(networks.G, [])
    assert found.device.type == "meta" and not found.requires_grad


def test_hinge_is_a_method_without_a_penalty() -> None:
    state = state_of(row := recipe(HINGE))
    losses = row.method.step(state.networks, state.optimizers, lambda: batch_of(4), accumulation_of())
    assert set(losses) == {"loss_D", "loss_G"}
    real, fake = torch.tensor([0.5, 2.0]), torch.tensor([-3.0, 0.25])
    assert ADVERSARIAL["hinge"].critic(real, fake).item() == pytest.approx(0.25 + 0.625)


def test_the_running_average_has_a_half_life_in_images() -> None:
    method = switched(replace(HINGE, n_critic=2), ema_kimg=0.5)
    decay = method.ema_decay(10, 0.99)
    assert decay ** (500 / 20) == pytest.approx(0.5)  # 20 images a step
    assert switched(HINGE, ema_kimg=0.0).ema_decay(10, 0.99) == 0.0
    assert HINGE.ema_decay(10, 0.99) == VAE.ema_decay(10, 0.99) == 0.99
