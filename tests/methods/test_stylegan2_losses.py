"""StyleGAN2's losses: lazy penalties, corrected rates, path lengths."""

import math
from dataclasses import replace

import pytest
import torch
from small import (
    PATHS,
    RECIPES,
    SMALL,
    STYLE_LOSSES,
    STYLES,
    accumulation_of,
    batch_of,
    recipe,
    state_of,
    switched,
)
from torch import Tensor

from frugalgan.data.batches import Batch
from frugalgan.methods.stylegan2 import AVERAGING, LENGTHS, path_lengths, path_weight, styled
from frugalgan.networks.parts import CRITIC, GENERATOR, Networks


def at_update(number: int) -> Batch:
    return replace(batch_of(4), key=(5, 4 * number))


def test_r1_counts_for_the_updates_without_it() -> None:
    networks = state_of(recipe(STYLE_LOSSES)).networks

    def r1(every: int, number: int) -> Tensor:
        method, batch = replace(STYLE_LOSSES, r1=0.7, r1_every=every), at_update(number)
        fake = method.fakes(networks, batch, CRITIC).detach()
        return dict(method.critic_terms(networks, batch, fake))["r1"]

    for number in range(6):
        expected = 3 * r1(1, number).item() if number % 3 == 0 else 0.0
        assert r1(3, number).item() == pytest.approx(expected, rel=1e-6)


def test_adam_is_corrected_for_what_is_lazy() -> None:
    lazy = replace(STYLE_LOSSES, r1_every=16, beta2=0.99, path_length=1.0, path_length_every=4)
    networks = state_of(recipe(lazy, STYLES)).networks
    found = {name: optimizer.param_groups[0] for name, optimizer in lazy.optimizers(networks).items()}
    for part, k in ((CRITIC, 16), (GENERATOR, 4)):
        assert found[part]["lr"] == pytest.approx(1e-3 * k / (k + 1))
        assert found[part]["betas"] == pytest.approx((0.0, 0.99 ** (k / (k + 1))))
    plain = replace(lazy, r1=0.0, path_length=0.0)
    groups = [optimizer.param_groups[0] for optimizer in plain.optimizers(networks).values()]
    assert all(group["lr"] == 1e-3 and group["betas"] == (0.0, 0.99) for group in groups)
    assert (lazy.period, plain.period, replace(lazy, r1_every=6).period) == (16, 1, 12)


def test_lengths_are_how_far_a_step_of_w_moves_the_image() -> None:
    """By the Jacobian, computed whole."""
    networks, batch = state_of(recipe(PATHS, STYLES)).networks, batch_of(2)
    G = styled(networks)
    noise = PATHS.noise(G, batch, "path")
    w = G.styles(batch.normal("path", G.latent_size)).detach()
    y = batch.normal("path direction", 3 * 32 * 32).view(2, 3, 32, 32) / 32

    def moved(some: Tensor) -> Tensor:
        return (G.of_styles(some, *noise) * y).sum(dim=(1, 2, 3))

    jacobian = torch.autograd.functional.jacobian(moved, w)
    assert isinstance(jacobian, Tensor)
    expected = torch.stack([jacobian[i, i].norm() for i in range(2)])
    torch.testing.assert_close(path_lengths(G, noise, batch), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("size", [32, 64, 1024])
def test_lengths_weigh_what_the_paper_says(size: int) -> None:
    """γ_pl = ln 2 / (r² (ln r − ln 2)) of lengths with y ~ N(0, I) (appendix B); ours have y / r. The official code's 2
    is of a mean over 2 log₂ r − 2 layers, each with a w of its own."""
    paper = math.log(2) / (size**2 * (math.log(size) - math.log(2)))
    assert path_weight(size) == pytest.approx(paper * size**2) == pytest.approx(2 / (2 * math.log2(size) - 2))


def test_lengths_of_a_hypernetworks_images_are_of_w_alone() -> None:
    """Not of what the hypernetwork says of the domain, which stands behind it."""
    networks = state_of(RECIPES["direction, hypernetwork"]).networks
    G, batch = styled(networks), replace(batch_of(2), labels=torch.tensor([0, 1]))
    with torch.no_grad():
        for parameter in G.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(parameter.numel()))
    noise, k = PATHS.noise(G, batch, "path"), G.latent_size
    whole = G.styles(batch.normal("path", k), batch.labels).detach().requires_grad_()
    assert whole.shape[1] > k
    y = batch.normal("path direction", 3 * 32 * 32).view(2, 3, 32, 32) / 32
    (gradient,) = torch.autograd.grad((G.of_styles(whole, *noise) * y).sum(), whole)
    assert gradient[:, k:].norm() > 0
    torch.testing.assert_close(path_lengths(G, noise, batch), gradient[:, :k].norm(dim=1), rtol=1e-4, atol=1e-6)


def test_the_running_mean_of_lengths_follows_them_when_they_are_computed() -> None:
    state = state_of(recipe(method := PATHS, STYLES))

    def step(networks: Networks, number: int) -> dict[str, Tensor]:
        return method.step(networks, state.optimizers, lambda: at_update(number), accumulation_of())

    G = styled(state.networks)
    assert G.mean_path == 0
    losses = step(state.networks, 0)
    torch.testing.assert_close(G.mean_path, AVERAGING * losses[LENGTHS])
    # the first penalty is against a mean of 0: the paper's γ · every · weight · E[a²]
    assert losses["path_length"] >= path_weight(32) * 2 * 0.5 * losses[LENGTHS].square() * 0.99
    before = G.mean_path.clone()
    assert step(state.networks, 1)["path_length"] == 0 and G.mean_path == before
    step(state.networks, 2)
    assert G.mean_path != before


def test_an_adapted_generator_has_path_lengths_too() -> None:
    """Its mapping is frozen, so that w has no gradient of its own."""
    adapted = replace(RECIPES["stylegan2, domain_vector"], method=PATHS)
    state = state_of(adapted)
    losses = PATHS.step(state.networks, state.optimizers, lambda: at_update(0), accumulation_of())
    assert losses["path_length"] > 0 and styled(state.networks).mean_path > 0


@pytest.mark.parametrize("n_critic", [1, 2, 3])
def test_path_lengths_count_updates_of_the_generator(n_critic: int) -> None:
    method = replace(PATHS, n_critic=n_critic, path_length_every=2)
    state, numbers = state_of(recipe(method, STYLES)), iter(range(100))
    steps = [
        method.step(state.networks, state.optimizers, lambda: at_update(next(numbers)), accumulation_of())
        for _ in range(4)
    ]
    assert [losses["path_length"].item() > 0 for losses in steps] == [True, False, True, False]


def test_a_generator_that_waits_has_the_same_losses_and_no_lengths() -> None:
    waits = recipe(PATHS, STYLES)
    waits = replace(waits, start=replace(waits.start, wait=0.5))
    state = state_of(waits)
    networks = state.networks

    def step(number: int) -> dict[str, Tensor]:
        return PATHS.step(networks, state.optimizers, lambda: at_update(number), accumulation_of())

    first = step(0)
    assert first["path_length"] == 0 and styled(networks).mean_path == 0
    later = step(10**6)
    assert list(first) == list(later) and later["path_length"] > 0


def test_path_lengths_need_networks_with_styles() -> None:
    with pytest.raises(ValueError, match=r"dcgan\.Generator does not offer what stylegan2\.path_length needs"):
        state_of(recipe(PATHS, SMALL))


def test_a_recipe_has_no_second_r1() -> None:
    with pytest.raises(ValueError, match=r"set stylegan2\.r1 and r1_every"):
        switched(STYLE_LOSSES, r1=1.0)
    assert switched(STYLE_LOSSES, learning_rate=0.5).learning_rate == 0.5
