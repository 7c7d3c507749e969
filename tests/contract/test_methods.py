"""One battery that every method passes."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small import (
    ADVERSARIAL,
    CPU,
    METHODS,
    assert_close,
    batch_of,
    conditions_of,
    descent_of,
    gradients,
    hardly_moving,
    labelled_noise,
    per_sample,
    state_of,
)
from torch import Tensor, nn

from frugalgan.data.batches import Images
from frugalgan.methods.gan import Adversarial
from frugalgan.methods.base import CRITIC, GENERATOR, Method, Shape, trained
from frugalgan.training.loop import Budget, train
from frugalgan.training.state import Conditions, State
from frugalgan.training.record import NonFiniteLoss, Watch

PAPER = Shape(image_size=128, latent_size=100, generator_width=2048, student_width=512, critic_width=64)


@pytest.fixture
def images(tmp_path: Path) -> Images:
    return labelled_noise(tmp_path, 12)


def run(method: Method, images: Images, steps: int) -> State:
    state = state_of(method)
    train(state, method, images, Budget(steps, 4), Watch("test", steps, CPU, 0, 6), descent_of())
    return state


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
class TestEveryMethod:
    def test_same_seed_same_weights(self, method: Method, images: Images) -> None:
        first, second = (run(method, images, 3) for _ in range(2))
        for name in first.networks.parts:
            one, other = (s.networks.parts[name].state_dict() for s in (first, second))
            assert all(torch.equal(one[key], other[key]) for key in one)

    def test_trained_weights_move_and_the_others_are_bit_identical(self, method: Method, images: Images) -> None:
        before = state_of(method)
        after = run(method, images, 3)
        for name in after.networks.parts:
            old, new = before.networks.parts[name], after.networks.parts[name]
            for a, b in zip(old.parameters(), new.parameters(), strict=True):
                if not b.requires_grad:
                    assert torch.equal(a, b)
                elif b.ndim > 1:  # not the critic's last bias, whose gradient is 0 in a Wasserstein loss
                    assert not torch.equal(a, b)

    def test_frozen_layers_have_no_gradient_no_optimiser_state_no_new_statistics(
        self, method: Method, images: Images
    ) -> None:
        before, after = state_of(method), run(method, images, 3)
        for name, network in after.networks.parts.items():
            optimizer = after.optimizers[name]
            frozen = [p for p in network.parameters() if not p.requires_grad]
            assert all(p.grad is None for p in frozen)
            assert not set(map(id, frozen)) & set(map(id, optimizer.state))
            assert set(map(id, optimizer.state)) == set(map(id, trained(network)))
        old = dict(before.networks.G.named_modules())
        for key, module in after.networks.G.named_modules():
            if isinstance(module, nn.BatchNorm2d):
                same = torch.equal(module.get_buffer("running_mean"), old[key].get_buffer("running_mean"))
                assert same == (not module.weight.requires_grad)

    def test_accumulated_parts_make_the_same_update(self, method: Method, images: Images) -> None:
        """But for batch statistics, so the generator's are held still."""

        def update(parts: int) -> list[Tensor]:
            once = hardly_moving(per_sample(method))
            state = state_of(once)
            state.networks.G.eval()
            descent = descent_of(accumulate=parts)
            once.step(state.networks, state.optimizers, lambda: images.batch(0, 8), descent)
            return gradients(state)

        assert_close(update(4), update(1), rtol=1e-4)

    @pytest.mark.parametrize(
        "choice",
        [{"critic_parts": 4}, {"term_by_term": False}, {"recompute": True}, {"channels_last": True}],
        ids=lambda choice: next(iter(choice)),
    )
    def test_savings_make_the_same_update(self, method: Method, images: Images, choice: dict[str, int]) -> None:
        """Batch statistics included, and counted once."""

        def update(choice: dict[str, int]) -> tuple[list[Tensor], list[Tensor]]:
            once, conditions = hardly_moving(method), conditions_of(**choice)
            state = state_of(once, conditions=conditions)
            once.step(state.networks, state.optimizers, lambda: images.batch(0, 8), conditions.descent())
            return gradients(state), [buffer.float() for buffer in state.networks.G.buffers()]

        (gradients_, buffers), (plain_gradients, plain_buffers) = update(choice), update({})
        assert_close(gradients_, plain_gradients, rtol=1e-4)
        for one, other in zip(buffers, plain_buffers, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)

    def test_teacher_gets_no_gradient(self, method: Method, images: Images) -> None:
        state = run(method, images, 2)
        if state.networks.teacher is not None:
            assert all(p.grad is None for p in state.networks.teacher.parameters())
            assert not trained(state.networks.teacher)

    def test_losses_are_recorded_by_kimg(self, method: Method, images: Images) -> None:
        state, watch = state_of(method), Watch("test", 3, CPU, 0, 6)
        train(state, method, images, Budget(3, 4), watch, descent_of())
        assert [row["kimg"] for row in watch.rows()] == [4 * method.batches_per_step * i / 1000 for i in (1, 2, 3)]
        losses = {"loss_D", "loss_G"} if isinstance(method, Adversarial) else {"reconstruction"}
        assert all(losses | {"seconds"} <= set(row) for row in watch.rows())
        assert watch.peak_bytes > sum(t.nbytes for t in state.networks.G.state_dict().values())

    @pytest.mark.slow
    def test_one_real_step_at_the_papers_widths(self, method: Method) -> None:
        state = state_of(method, PAPER)
        first = next(iter(trained(state.networks.G))).detach().clone()
        losses = method.step(state.networks, state.optimizers, lambda: batch_of(2, 128, (5, 2**30)), descent_of())
        assert all(torch.isfinite(loss) for loss in losses.values())
        assert not torch.equal(first, next(iter(trained(state.networks.G))))


@pytest.mark.parametrize("method", ADVERSARIAL.values(), ids=ADVERSARIAL)
def test_critic_step_leaves_the_generator_alone_and_the_other_way_round(method: Adversarial, images: Images) -> None:
    state, batch = state_of(method), images.batch(0, 4)
    method.update_critic(state.networks, state.optimizers[CRITIC], batch, descent_of(term_by_term=False))
    assert all(p.grad is None for p in state.networks.G.parameters())
    assert all(p.grad is not None for p in trained(state.networks.D))
    state = state_of(method)
    before = [p.detach().clone() for p in state.networks.D.parameters()]
    method.update_generator(state.networks, state.optimizers[GENERATOR], batch, descent_of(term_by_term=False))
    assert all(p.grad is None for p in state.networks.D.parameters())
    assert all(map(torch.equal, before, state.networks.D.parameters()))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("c++") is None, reason="torch.compile needs a C++ compiler")
@pytest.mark.filterwarnings("ignore")  # the compiler's own
def test_a_compiled_generator_makes_the_same_update(images: Images) -> None:
    def update(conditions: Conditions) -> list[Tensor]:
        once = hardly_moving(METHODS["wgan_gp"])
        state = state_of(once, conditions=conditions)
        once.step(state.networks, state.optimizers, lambda: images.batch(0, 8), conditions.descent())
        return gradients(state)

    assert_close(update(conditions_of(compile=True)), update(conditions_of()), rtol=1e-4)


def test_a_non_finite_loss_ends_training_and_says_where(images: Images) -> None:
    method = replace(METHODS["wgan_gp"], learning_rate=1e30)
    state = state_of(method)
    with pytest.raises(NonFiniteLoss, match=r"kimg; lower learning_rate"):
        train(state, method, images, Budget(5, 4), Watch("test", 5, CPU, 0, 6), descent_of())
