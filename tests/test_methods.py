"""Losses and steps of the methods: known answers, and one battery that every method passes."""

import copy
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.dataset import Batch, Images
from frugalgan.losses import gradient_penalty
from frugalgan.methods.base import Method, Networks, Shape, descend, trained
from frugalgan.methods.configured import configured
from frugalgan.methods.kd import Distillation
from frugalgan.methods.transfer import Transfer
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.training.loop import Budget, train
from frugalgan.training.state import Conditions, State, start
from frugalgan.training.watch import NonFiniteLoss, Watch

CPU = torch.device("cpu")
SMALL = Shape(image_size=32, latent_size=8, generator_width=16, student_width=8, critic_width=4)
PAPER = Shape(image_size=128, latent_size=100, generator_width=2048, student_width=512, critic_width=64)
WGAN = {"n_critic": 2, "learning_rate": 1e-3, "beta1": 0.0, "beta2": 0.9, "epoch_critic_updates": 10}
KD = WGAN | {"n_critic": 1}
METHODS: list[Method] = [
    WganGp(**WGAN, gradient_penalty=10.0),
    Transfer(**WGAN, gradient_penalty=10.0, frozen_generator_layers=2, frozen_critic_layers=2),
    Distillation(**KD, alpha=0.05),
]


@pytest.fixture
def images(tmp_path: Path) -> Images:
    array = np.random.default_rng(0).integers(0, 256, (12, 3, 32, 32), np.uint8)
    np.save(tmp_path / "images.npy", array)
    return Images(tmp_path / "images.npy", seed=0, flip=True, device=CPU)


def source(shape: Shape = SMALL) -> Networks:
    torch.manual_seed(7)
    return WganGp(**WGAN, gradient_penalty=10.0).build(shape, None)


def state_of(method: Method, shape: Shape = SMALL, ema_decay: float = 0.5) -> State:
    return start(method, shape, source(shape), Conditions(CPU, torch.float32, ema_decay), seed=3)


def run(method: Method, images: Images, steps: int) -> State:
    state = state_of(method)
    train(state, method, images, Budget(steps, 4), Watch("test", steps, CPU, 0, 6))
    return state


# --- what holds for every method -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
class TestEveryMethod:
    def test_same_seed_same_weights(self, method: Method, images: Images) -> None:
        first, second = (run(method, images, 3) for _ in range(2))
        for name in ("G", "D"):
            one, other = (getattr(s.networks, name).state_dict() for s in (first, second))
            assert all(torch.equal(one[key], other[key]) for key in one)

    def test_trained_weights_move_and_the_others_are_bit_identical(self, method: Method, images: Images) -> None:
        before = state_of(method)
        after = run(method, images, 3)
        for name in ("G", "D"):
            old, new = getattr(before.networks, name), getattr(after.networks, name)
            for a, b in zip(old.parameters(), new.parameters(), strict=True):
                if not b.requires_grad:
                    assert torch.equal(a, b)
                elif b.ndim > 1:  # not the critic's last bias, whose gradient is 0 in a Wasserstein loss
                    assert not torch.equal(a, b)

    def test_frozen_layers_have_no_gradient_no_optimiser_state_no_new_statistics(
        self, method: Method, images: Images
    ) -> None:
        before, after = state_of(method), run(method, images, 3)
        for name in ("G", "D"):
            network, optimizer = getattr(after.networks, name), getattr(after.optimizers, name)
            frozen = [p for p in network.parameters() if not p.requires_grad]
            assert all(p.grad is None for p in frozen)
            assert not set(map(id, frozen)) & set(map(id, optimizer.state))
            assert set(map(id, optimizer.state)) == set(map(id, trained(network)))
        old = dict(before.networks.G.named_modules())
        for key, module in after.networks.G.named_modules():
            if isinstance(module, nn.BatchNorm2d):
                same = torch.equal(module.get_buffer("running_mean"), old[key].get_buffer("running_mean"))
                assert same == (not module.weight.requires_grad)

    def test_critic_step_leaves_the_generator_alone_and_the_other_way_round(
        self, method: Method, images: Images
    ) -> None:
        state, batch = state_of(method), images.batch(0, 4)
        for _, loss in method.critic_terms(state.networks, batch):
            loss.backward()
        assert all(p.grad is None for p in state.networks.G.parameters())
        state = state_of(method)
        before = [p.detach().clone() for p in state.networks.D.parameters()]
        terms = partial(method.generator_terms, state.networks)
        descend(state.optimizers.G, state.networks.G, terms, [batch])
        assert all(p.grad is None for p in state.networks.D.parameters())
        assert all(map(torch.equal, before, state.networks.D.parameters()))

    def test_accumulated_parts_make_the_same_update(self, method: Method, images: Images) -> None:
        """But for batch statistics, so the generator's are held still."""

        def gradients(parts: int) -> list[Tensor]:
            # hardly a step, for Adam's first is the gradient's sign, which rounding can turn where it is almost 0
            once = replace(method, n_critic=1, learning_rate=1e-12)
            state = state_of(once)
            state.networks.G.eval()
            once.step(state.networks, state.optimizers, lambda: images.batch(0, 8).split(parts))
            optimizers = (state.optimizers.G, state.optimizers.D)
            # with β₁ = 0 Adam's first moment is the gradient
            return [moments["exp_avg"] for optimizer in optimizers for moments in optimizer.state.values()]

        at_once, accumulated = gradients(1), gradients(4)
        # a bias before a normalisation has gradient 0, of which rounding leaves some
        rounding = 1e-6 * max(gradient.abs().max().item() for gradient in at_once)
        for whole, in_parts in zip(at_once, accumulated, strict=True):
            torch.testing.assert_close(in_parts, whole, rtol=1e-4, atol=rounding)

    def test_teacher_gets_no_gradient(self, method: Method, images: Images) -> None:
        state = run(method, images, 2)
        if state.networks.teacher is not None:
            assert all(p.grad is None for p in state.networks.teacher.parameters())
            assert not trained(state.networks.teacher)

    def test_losses_are_recorded_by_kimg(self, method: Method, images: Images) -> None:
        state, watch = state_of(method), Watch("test", 3, CPU, 0, 6)
        train(state, method, images, Budget(3, 4), watch)
        assert [row["kimg"] for row in watch.rows] == [4 * method.n_critic * i / 1000 for i in (1, 2, 3)]
        assert all({"loss_D", "loss_G", "seconds"} <= set(row) for row in watch.rows)
        assert watch.peak_bytes > sum(t.nbytes for t in state.networks.G.state_dict().values())

    @pytest.mark.slow
    def test_one_real_step_at_the_papers_widths(self, method: Method) -> None:
        shape = PAPER
        state = start(method, shape, source(shape), Conditions(CPU, torch.float32, 0.0), seed=0)
        rng = torch.Generator().manual_seed(0)
        batch = Batch(torch.rand(2, 3, 128, 128, generator=rng) * 2 - 1, rng)
        first = next(iter(trained(state.networks.G))).detach().clone()
        losses = method.step(state.networks, state.optimizers, lambda: [batch])
        assert all(torch.isfinite(loss) for loss in losses.values())
        assert not torch.equal(first, next(iter(trained(state.networks.G))))


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
    batch = Batch(torch.rand(4, 3, 32, 32), torch.Generator().manual_seed(1))
    terms = {name: loss.item() for name, loss in method.critic_terms(networks, batch)}
    rng = torch.Generator().manual_seed(1)
    fake = networks.G(torch.randn(4, 8, generator=rng)).detach()
    expected = networks.D(fake).mean() - networks.D(batch.real).mean()
    assert terms["loss_D"] == pytest.approx(expected.item(), abs=1e-5)
    penalty = gradient_penalty(networks.D, batch.real, fake, torch.rand(4, 1, 1, 1, generator=rng))
    assert terms["gradient_penalty"] == pytest.approx(10 * penalty.item(), rel=1e-4)


# --- transfer --------------------------------------------------------------------------------------------------------


def test_transfer_starts_from_the_sources_weights_and_needs_a_source() -> None:
    method = METHODS[1]
    given = source()
    networks = method.build(SMALL, copy.deepcopy(given))
    for name in ("G", "D"):
        one, other = getattr(networks, name).state_dict(), getattr(given, name).state_dict()
        assert all(torch.equal(one[key], other[key]) for key in one)
    with pytest.raises(ValueError, match="needs a trained model"):
        method.build(SMALL, None)


def test_transfer_freezes_exactly_the_layers_named() -> None:
    state = state_of(METHODS[1])
    for network in (state.networks.G, state.networks.D):
        frozen = [not any(p.requires_grad for p in layer.parameters()) for layer in network.layers]
        assert frozen == [True, True, *[False] * (len(network.layers) - 2)]


def test_transfer_refuses_to_freeze_everything() -> None:
    method = Transfer(**WGAN, gradient_penalty=10.0, frozen_generator_layers=2, frozen_critic_layers=4)
    with pytest.raises(ValueError, match=r"transfer\.frozen_critic_layers: 4"):
        state_of(method)


def test_transfer_from_another_architecture_is_refused() -> None:
    other = Shape(image_size=32, latent_size=8, generator_width=32, student_width=8, critic_width=4)
    with pytest.raises(RuntimeError, match="size mismatch"):
        METHODS[1].build(SMALL, source(other))


# --- distillation ----------------------------------------------------------------------------------------------------


def generator_loss(alpha: float) -> tuple[Tensor, Networks, Tensor]:
    method = Distillation(**KD, alpha=alpha)
    state = state_of(method)
    batch = Batch(torch.zeros(4, 3, 32, 32), torch.Generator().manual_seed(5))
    ((_, loss),) = method.generator_terms(state.networks, batch)
    return loss, state.networks, torch.randn(4, 8, generator=torch.Generator().manual_seed(5))


def test_alpha_0_is_the_distance_to_the_teacher_at_the_same_z() -> None:
    loss, networks, z = generator_loss(0.0)
    assert networks.teacher is not None
    assert loss.item() == pytest.approx(F.mse_loss(networks.G(z), networks.teacher(z)).item(), rel=1e-5)


def test_alpha_1_is_the_dcgan_loss() -> None:
    loss, networks, z = generator_loss(1.0)
    verdicts = torch.sigmoid(networks.D(networks.G(z)))
    assert loss.item() == pytest.approx(F.binary_cross_entropy(verdicts, torch.ones(4)).item(), rel=1e-4)


def test_joint_loss_weighs_both() -> None:
    (both, _, _), (mse, _, _), (adversarial, _, _) = (generator_loss(alpha) for alpha in (0.3, 0.0, 1.0))
    assert both.item() == pytest.approx(0.3 * adversarial.item() + 0.7 * mse.item(), rel=1e-5)


def test_discriminator_loss_is_binary_cross_entropy_behind_a_sigmoid(images: Images) -> None:
    state = state_of(METHODS[2])
    batch = images.batch(0, 4)
    rng = torch.Generator()
    rng.set_state(batch.rng.get_state())
    ((_, loss),) = METHODS[2].critic_terms(state.networks, batch)
    fake = state.networks.G(torch.randn(4, 8, generator=rng)).detach()
    real_verdict, fake_verdict = (torch.sigmoid(state.networks.D(x)) for x in (batch.real, fake))
    expected = F.binary_cross_entropy(real_verdict, torch.ones(4)) + F.binary_cross_entropy(
        fake_verdict, torch.zeros(4)
    )
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)


# --- the loop --------------------------------------------------------------------------------------------------------


def test_a_non_finite_loss_ends_training_and_says_where(images: Images) -> None:
    method = replace(METHODS[0], learning_rate=1e30)
    state = state_of(method)
    with pytest.raises(NonFiniteLoss, match=r"kimg; lower learning_rate"):
        train(state, method, images, Budget(5, 4), Watch("test", 5, CPU, 0, 6))


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
    kd = Distillation(n_critic=1, learning_rate=5e-4, beta1=0.0, beta2=0.999, epoch_critic_updates=100, alpha=0.05)
    assert Budget.of_epochs(kd, 1000, 8).steps == 1000 * 100
