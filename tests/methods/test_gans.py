"""Losses of the GANs on their networks: known answers."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from small import (
    AT_FEATURES,
    DCGAN,
    GANS,
    KD,
    STYLES,
    WGAN_GP,
    accumulation_of,
    batch_of,
    method_of,
    pooled,
    recipe,
    state_of,
    switched,
    trained,
)
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.data.batches import Batch
from frugalgan.methods.gan import Gan
from frugalgan.methods.losses import gradient_penalty
from frugalgan.methods.teachers import Teacher
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.networks.dcgan import Critic
from frugalgan.networks.parts import CRITIC, GENERATOR, Networks
from frugalgan.training.recipe import Recipe


def critic_terms(method: Gan, networks: Networks, batch: Batch) -> tuple[dict[str, float], Tensor]:
    """The terms of the critic's loss, and the fake images that they are of."""
    fake = method.fakes(networks, batch, CRITIC).detach()
    return {name: loss.item() for name, loss in method.critic_terms(networks, batch, fake)}, fake


def cross_entropy(logits: Tensor, truth: float) -> float:
    verdicts = torch.sigmoid(logits)
    return F.binary_cross_entropy(verdicts, torch.full_like(verdicts, truth)).item()


def test_wgan_losses_equal_the_formula() -> None:
    networks, batch = recipe(WGAN_GP).networks(), batch_of(4)
    networks.G.eval()
    terms, fake = critic_terms(WGAN_GP, networks, batch)
    assert torch.equal(fake, networks.G(batch.normal(CRITIC, 8)).detach())
    expected = networks.D(fake).mean() - networks.D(batch.real).mean()
    assert terms["loss_D"] == pytest.approx(expected.item(), abs=1e-5)
    penalty = gradient_penalty(networks.D, batch.real, fake, batch.uniform("penalty"))
    assert terms["gradient_penalty"] == pytest.approx(10 * penalty.item(), rel=1e-4)
    ((_, loss),) = WGAN_GP.generator_terms(networks, batch, fake)
    assert loss.item() == pytest.approx(-networks.D(fake).mean().item())


@pytest.mark.parametrize("frozen", [2, -1])
def test_a_penalty_at_the_features_does_not_see_the_frozen_layers(frozen: int) -> None:
    """With everything below as a fixed function, it is ordinary WGAN-GP of the layers above on the features."""
    row = GANS["transfer, penalty at features"]
    networks, batch = state_of(replace(row, start=replace(row.start, critic_layers=frozen))).networks, batch_of(4)
    D, first = networks.D, frozen % 4  # of the critic's four layers
    terms, fake = critic_terms(AT_FEATURES, networks, batch)
    assert terms["loss_D"] == pytest.approx((D(fake).mean() - D(batch.real).mean()).item(), abs=1e-5)
    assert isinstance(D, Critic)
    real_features, fake_features = D.layers[:first](batch.real), D.layers[:first](fake)
    penalty = gradient_penalty(D.layers[first:], real_features, fake_features, batch.uniform("penalty"))
    assert terms["gradient_penalty"] == pytest.approx(10 * penalty.item(), rel=1e-4)
    at_image, _ = critic_terms(WGAN_GP, networks, batch)
    assert at_image["gradient_penalty"] != pytest.approx(terms["gradient_penalty"], rel=0.01)


def test_the_critic_has_a_learning_rate_of_its_own() -> None:
    state = state_of(recipe(replace(WGAN_GP, learning_rate=1e-4, critic_learning_rate=4e-4)))
    rates = {part: optimizer.param_groups[0]["lr"] for part, optimizer in state.optimizers.items()}
    assert rates == {GENERATOR: 1e-4, CRITIC: 4e-4}


@pytest.mark.parametrize("row", GANS.values(), ids=GANS)
def test_all_calls_of_the_critic_are_scores(row: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what stands between images and D stands in one place: here, images of nothing."""
    method, state = row.method, state_of(row)
    assert isinstance(method, Gan)
    seen: list[int] = []
    scores = Gan.scores

    def counted(self: Gan, networks: Networks, images: Tensor, batch: Batch, **given: Any) -> Tensor:
        seen.append(len(images) // len(batch.real))
        return scores(self, networks, images, batch, **given)

    calls: list[int] = []
    state.networks.D.register_forward_hook(lambda *_: calls.append(1))
    monkeypatch.setattr(Gan, "scores", counted)
    batch = batch_of(4)
    fake = method.fakes(state.networks, batch, CRITIC)
    terms = [*method.critic_terms(state.networks, batch, fake.detach())]
    terms += [*method.generator_terms(state.networks, batch, fake)]
    cut = isinstance(method, WganGp) and method.cut(state.networks)  # whole for the generator alone
    assert len(terms) >= 2 and seen == ([1] if cut else [2] + [1] * (len(seen) - 1))
    assert len(calls) == (
        sum(seen) if state.networks.D.group > 1 else len(seen)
    )  # real ones are compared with real ones


def test_without_frozen_layers_the_features_are_the_image() -> None:
    networks, batch = recipe(WGAN_GP).networks(), batch_of(4)
    assert critic_terms(AT_FEATURES, networks, batch)[0] == critic_terms(WGAN_GP, networks, batch)[0]


@pytest.mark.parametrize("row", [GANS["dcgan"], GANS["kd"]], ids=["dcgan", "kd"])
def test_discriminator_loss_is_binary_cross_entropy_behind_a_sigmoid(row: Recipe) -> None:
    networks, batch, method = state_of(row).networks, batch_of(4), row.method
    assert isinstance(method, Gan)
    terms, fake = critic_terms(method, networks, batch)
    expected = cross_entropy(networks.D(batch.real), 1) + cross_entropy(networks.D(fake), 0)
    assert terms["loss_D"] == pytest.approx(expected, rel=1e-4)


def test_dcgans_generator_loss_does_not_saturate() -> None:
    networks, batch = recipe(DCGAN).networks(), batch_of(4)
    fake = DCGAN.fakes(networks, batch, GENERATOR)
    ((_, loss),) = DCGAN.generator_terms(networks, batch, fake)
    assert loss.item() == pytest.approx(cross_entropy(networks.D(fake), 1), rel=1e-4)


# --- distillation ----------------------------------------------------------------------------------------------------


def generator_loss(alpha: float) -> tuple[float, Networks, Batch]:
    row, batch = method_of(GANS["kd"], alpha=alpha), batch_of(4)
    networks, method = state_of(row).networks, row.method
    assert isinstance(method, Gan)
    ((_, loss),) = method.generator_terms(networks, batch, method.fakes(networks, batch, GENERATOR))
    return loss.item(), networks, batch


def test_features_are_what_the_first_half_of_the_critic_makes_of_both_images() -> None:
    row, batch = method_of(GANS["kd_features"], alpha=0.0, features=3.0), batch_of(4)
    networks, method = state_of(row).networks, row.method
    assert isinstance(method, Gan)
    ((_, loss),) = method.generator_terms(networks, batch, method.fakes(networks, batch, GENERATOR))
    z = batch.normal(GENERATOR, 8)
    images = networks.G(z), trained(recipe(WGAN_GP)).G.eval()(z)
    critic = nn.Sequential(*networks.D.blocks[:2])
    assert len(networks.D.blocks) == 4
    expected = F.mse_loss(*images) + 3 * F.mse_loss(*map(critic, images))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_critic_that_compares_images_sees_whole_groups_in_an_update_of_parts() -> None:
    """Four pieces of a batch of four would be images alone, whose spread is none."""
    family = replace(STYLES, group=4)
    row, batch = recipe(GANS["stylegan2"].method, family), batch_of(4)
    method, found = row.method, []
    assert isinstance(method, Gan)
    for parts in (1, 4):
        state, accumulation = state_of(row), accumulation_of(critic_parts=parts)
        losses = method.update_critic(state.networks, state.optimizers[CRITIC], batch, accumulation)
        losses |= method.update_generator(state.networks, state.optimizers[GENERATOR], batch, accumulation)
        found.append({name: loss.item() for name, loss in losses.items()})
    assert found[0] == found[1] and {"loss_D", "loss_G"} <= set(found[0])


def test_features_are_of_images_augmented_in_the_same_way() -> None:
    """So a student that draws what its teacher draws is told of no difference."""
    row, batch = method_of(GANS["kd_features"], alpha=0.0, features=3.0), batch_of(4)
    networks, method = state_of(row).networks, row.method
    assert isinstance(method, Gan)
    found = []
    for using in (method, switched(method, augment=("translation",))):
        found.append([loss.item() for _, loss in using.generator_terms(networks, batch, batch.real)])
        assert isinstance(networks.teacher, Teacher)
        teacher = networks.teacher.images(batch, GENERATOR)
        assert [loss.item() for _, loss in using.generator_terms(networks, batch, teacher)] == [0.0]
    assert found[0] != found[1]


def test_alpha_0_is_the_distance_to_the_teacher_at_the_same_z() -> None:
    loss, networks, batch = generator_loss(0.0)
    z = batch.normal(GENERATOR, 8)
    expected = F.mse_loss(networks.G(z), trained(recipe(WGAN_GP)).G.eval()(z))
    assert loss == pytest.approx(expected.item(), rel=1e-5)


def test_alpha_1_is_the_dcgan_loss() -> None:
    loss, networks, batch = generator_loss(1.0)
    assert loss == pytest.approx(cross_entropy(networks.D(networks.G(batch.normal(GENERATOR, 8))), 1), rel=1e-4)


def test_joint_loss_weighs_both() -> None:
    (both, _, _), (mse, _, _), (adversarial, _, _) = (generator_loss(alpha) for alpha in (0.3, 0.0, 1.0))
    assert both == pytest.approx(0.3 * adversarial + 0.7 * mse, rel=1e-5)


def test_a_pool_gives_the_teachers_image_of_the_same_z() -> None:
    G, batch = trained(recipe(WGAN_GP)).G, batch_of(16)
    teacher = pooled(G, 6)
    z, images = teacher.latents(batch, GENERATOR), teacher.images(batch, GENERATOR)
    assert (images - G.eval()(z)).abs().max() <= 0.5 / 127.5 + 1e-6
    assert len(z.unique(dim=0)) == 6
    assert not torch.equal(z, teacher.latents(batch, CRITIC))
    parts = torch.cat([teacher.images(part, GENERATOR) for part in batch.split(4)])
    assert torch.equal(parts, images)


def test_distillation_without_a_teacher_says_what_to_choose() -> None:
    with pytest.raises(ValueError, match=r"choose a start with `teacher: true` in models\.yaml"):
        KD.fakes(recipe(KD).networks(), batch_of(4), GENERATOR)
