"""Losses of the methods: known answers."""

import copy
from pathlib import Path

import pytest
import torch
from small import ADVERSARIAL, KD, METHODS, SMALL, TRANSFER, WGAN, batch_of, pooled, state_of, trained_source
from torch import Tensor
from torch.nn import functional as F

from frugalgan.data.batches import Batch
from frugalgan.methods.losses import gradient_penalty
from frugalgan.methods.base import CRITIC, GENERATOR, Networks, Shape
from frugalgan.methods.configured import configured
from frugalgan.methods.kd import Distillation
from frugalgan.methods.transfer import Transfer
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.training.loop import Budget

# --- WGAN-GP ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", [0.0, 1.0, 3.0])
def test_gradient_penalty_of_a_linear_critic_is_known(norm: float) -> None:
    """D(x) = ⟨w, x⟩ has gradient w everywhere, so the penalty is (‖w‖ − 1)² over the whole image."""
    w = torch.randn(3, 8, 8)
    w = norm * w / w.norm()
    real, fake, epsilon = torch.randn(5, 3, 8, 8), torch.randn(5, 3, 8, 8), torch.rand(5, 1, 1, 1)
    penalty = gradient_penalty(lambda x: (x * w).flatten(1).sum(1), real, fake, epsilon)
    assert penalty.item() == pytest.approx((norm - 1) ** 2, abs=1e-5)


def test_gradient_penalty_is_taken_between_fake_and_real() -> None:
    """D(x) = ‖x‖²/2 has gradient x: the penalty tells at which point it was taken."""
    real, fake = torch.full((1, 1, 2, 2), 2.0), torch.full((1, 1, 2, 2), 4.0)
    for epsilon, norm in ((0.0, 8.0), (1.0, 4.0), (0.5, 6.0)):
        penalty = gradient_penalty(lambda x: x.square().flatten(1).sum(1) / 2, real, fake, torch.tensor(epsilon))
        assert penalty.item() == pytest.approx((norm - 1) ** 2)


def test_wgan_losses_equal_the_formula() -> None:
    method = WganGp(**WGAN, gradient_penalty=10.0)
    networks = method.build(SMALL, None)
    networks.G.eval()
    batch = batch_of(4)
    fake = method.fakes(networks, batch, CRITIC).detach()
    assert torch.equal(fake, networks.G(batch.normal(CRITIC, 8)).detach())
    terms = {name: loss.item() for name, loss in method.critic_terms(networks, batch, fake)}
    expected = networks.D(fake).mean() - networks.D(batch.real).mean()
    assert terms["loss_D"] == pytest.approx(expected.item(), abs=1e-5)
    penalty = gradient_penalty(networks.D, batch.real, fake, batch.uniform("penalty"))
    assert terms["gradient_penalty"] == pytest.approx(10 * penalty.item(), rel=1e-4)
    ((_, loss),) = method.generator_terms(networks, batch, fake)
    assert loss.item() == pytest.approx(-networks.D(fake).mean().item())


# --- transfer --------------------------------------------------------------------------------------------------------


def test_transfer_starts_from_the_sources_weights_and_needs_a_source() -> None:
    method = METHODS["transfer"]
    given = trained_source()
    networks = method.build(SMALL, copy.deepcopy(given))
    for name in ("G", "D"):
        one, other = getattr(networks, name).state_dict(), getattr(given, name).state_dict()
        assert all(torch.equal(one[key], other[key]) for key in one)
    with pytest.raises(ValueError, match="needs a trained model"):
        method.build(SMALL, None)


def test_transfer_freezes_exactly_the_layers_named() -> None:
    state = state_of(METHODS["transfer"])
    for network in (state.networks.G, state.networks.D):
        frozen = [not any(p.requires_grad for p in layer.parameters()) for layer in network.layers]
        assert frozen == [True, True, *[False] * (len(network.layers) - 2)]


def test_transfer_refuses_to_freeze_everything() -> None:
    method = Transfer(**TRANSFER | {"frozen_critic_layers": 4}, penalty_at="image")
    with pytest.raises(ValueError, match=r"transfer\.frozen_critic_layers: 4"):
        state_of(method)


def test_transfer_from_another_architecture_is_refused() -> None:
    other = Shape(image_size=32, latent_size=8, generator_width=32, student_width=8, critic_width=4)
    with pytest.raises(RuntimeError, match="size mismatch"):
        METHODS["transfer"].build(SMALL, trained_source(other))


# --- distillation ----------------------------------------------------------------------------------------------------


def test_a_penalty_at_the_features_does_not_see_the_frozen_layers() -> None:
    """With everything below as a fixed function, it is ordinary WGAN-GP of the layers above on the features."""
    method = ADVERSARIAL["transfer, penalty at features"]
    state, batch = state_of(method), batch_of(4)
    D, fake = state.networks.D, method.fakes(state.networks, batch, CRITIC).detach()
    terms = {name: loss.item() for name, loss in method.critic_terms(state.networks, batch, fake)}
    assert terms["loss_D"] == pytest.approx((D(fake).mean() - D(batch.real).mean()).item(), abs=1e-5)
    real_features, fake_features = D.layers[:2](batch.real), D.layers[:2](fake)
    penalty = gradient_penalty(D.layers[2:], real_features, fake_features, batch.uniform("penalty"))
    assert terms["gradient_penalty"] == pytest.approx(10 * penalty.item(), rel=1e-4)
    at_image = dict(ADVERSARIAL["transfer"].critic_terms(state.networks, batch, fake))
    assert at_image["gradient_penalty"].item() != pytest.approx(terms["gradient_penalty"], rel=0.01)


# --- distillation ----------------------------------------------------------------------------------------------------


def generator_loss(alpha: float) -> tuple[Tensor, Networks, Batch]:
    method = Distillation(**KD, alpha=alpha, pool=0)
    networks, batch = state_of(method).networks, batch_of(4)
    ((_, loss),) = method.generator_terms(networks, batch, method.fakes(networks, batch, GENERATOR))
    return loss, networks, batch


def test_alpha_0_is_the_distance_to_the_teacher_at_the_same_z() -> None:
    loss, networks, batch = generator_loss(0.0)
    z = batch.normal(GENERATOR, 8)
    expected = F.mse_loss(networks.G(z), trained_source().G.eval()(z))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_pool_gives_the_teachers_image_of_the_same_z() -> None:
    G, batch = trained_source().G, batch_of(16)
    teacher = pooled(G, 6, 8)
    z, images = teacher.latents(batch, GENERATOR), teacher.images(batch, GENERATOR)
    assert (images - G.eval()(z)).abs().max() <= 0.5 / 127.5 + 1e-6
    assert len(z.unique(dim=0)) == 6
    assert not torch.equal(z, teacher.latents(batch, CRITIC))
    parts = torch.cat([teacher.images(part, GENERATOR) for part in batch.split(4)])
    assert torch.equal(parts, images)


def test_alpha_1_is_the_dcgan_loss() -> None:
    loss, networks, batch = generator_loss(1.0)
    verdicts = torch.sigmoid(networks.D(networks.G(batch.normal(GENERATOR, 8))))
    assert loss.item() == pytest.approx(F.binary_cross_entropy(verdicts, torch.ones(4)).item(), rel=1e-4)


def test_joint_loss_weighs_both() -> None:
    (both, _, _), (mse, _, _), (adversarial, _, _) = (generator_loss(alpha) for alpha in (0.3, 0.0, 1.0))
    assert both.item() == pytest.approx(0.3 * adversarial.item() + 0.7 * mse.item(), rel=1e-5)


def test_discriminator_loss_is_binary_cross_entropy_behind_a_sigmoid() -> None:
    method = ADVERSARIAL["kd"]
    state, batch = state_of(method), batch_of(4)
    fake = method.fakes(state.networks, batch, CRITIC).detach()
    ((_, loss),) = method.critic_terms(state.networks, batch, fake)
    real_verdict, fake_verdict = (torch.sigmoid(state.networks.D(x)) for x in (batch.real, fake))
    expected = F.binary_cross_entropy(real_verdict, torch.ones(4)) + F.binary_cross_entropy(
        fake_verdict, torch.zeros(4)
    )
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)


# --- params -----------------------------------------------------------------------------------------------------------
def test_params_fit_every_method() -> None:
    methods = configured(Path(__file__).parents[1] / "params.yaml")
    assert isinstance(methods["wgan_gp"], WganGp) and methods["wgan_gp"].gradient_penalty == 10
    assert isinstance(methods["transfer"], Transfer) and methods["transfer"].frozen_generator_layers == 2
    assert isinstance(methods["kd"], Distillation) and methods["kd"].alpha == 0.05


def test_thesis_epochs() -> None:
    """4000 epochs of 200 critic and 25 generator updates, and 1000 of 100 and 100."""
    wgan = WganGp(n_critic=8, learning_rate=1e-4, beta1=0.0, beta2=0.9, epoch_critic_updates=200, gradient_penalty=10.0)
    budget = Budget.of_epochs(wgan, 4000, 64)
    assert (budget.steps, budget.steps * wgan.n_critic) == (4000 * 25, 4000 * 200)
    kd = Distillation(
        n_critic=1, learning_rate=5e-4, beta1=0.0, beta2=0.999, epoch_critic_updates=100, alpha=0.05, pool=0
    )
    assert Budget.of_epochs(kd, 1000, 8).steps == 1000 * 100
