"""One battery that every recipe of tests/small.py passes."""

import shutil
from pathlib import Path

import pytest
import torch
from small import (
    GANS,
    RECIPES,
    accumulation_of,
    assert_close,
    conditions_of,
    gradients,
    hardly_moving,
    in_float64,
    labelled_noise,
    method_of,
    per_sample,
    recorder_of,
    state_of,
)
from torch import Tensor

from frugalgan.data.batches import Images
from frugalgan.methods.direction import Direction
from frugalgan.methods.gan import Gan
from frugalgan.networks.biggan import BigGan
from frugalgan.networks.mixed import Mixed
from frugalgan.networks.pair import Pair
from frugalgan.networks.parts import CRITIC, GENERATOR, trainable
from frugalgan.networks.projected import Projected
from frugalgan.networks.stylegan2 import StyleGan2
from frugalgan.training.loop import train
from frugalgan.training.recipe import Recipe
from frugalgan.training.record import NonFiniteLoss, Recorder
from frugalgan.training.state import Conditions, State

pytestmark = pytest.mark.usefixtures("small_passes")

STEPS, BATCH = 3, 4
SAVINGS: dict[str, int] = {"critic_parts": 4, "recompute": True, "channels_last": True}  # and term by term, which is on
NO_SAVING: dict[str, int] = {"term_by_term": False}
ONE_BY_ONE = ("wgan_gp", "dcgan, conditional", "kd_features", "vae", "stylegan2")  # the others have them all at once


@pytest.fixture
def images(tmp_path: Path) -> Images:
    return labelled_noise(tmp_path, 12)


Update = tuple[list[Tensor], list[Tensor]]  # gradients, and buffers of the generator


def deep(recipe: Recipe) -> bool:
    """Whether its networks have so many kinks that rounding in float32 moves some samples to their other side, so that
    two ways to the same update are compared in float64."""
    return isinstance(recipe.family, Projected | Mixed | BigGan | StyleGan2 | Pair)


def update(recipe: Recipe, images: Images, **choice: int) -> Update:
    """Of one step with that choice of savings."""
    once, conditions = hardly_moving(recipe), conditions_of(**choice)
    state, batch = state_of(once, conditions), images.batch(0, 8)
    if deep(recipe):
        batch = in_float64(state, batch)
    once.method.step(state.networks, state.optimizers, lambda: batch, conditions.accumulation())
    return gradients(state), [buffer.float() for buffer in state.networks.G.buffers()]


def run(recipe: Recipe, images: Images) -> tuple[State, Recorder]:
    state, recorder = state_of(recipe), recorder_of(STEPS)
    train(state, recipe.method, images, BATCH, recorder, accumulation_of())
    return state, recorder


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
class TestEveryRecipe:
    def test_trainable_weights_move_and_nothing_else_does(self, recipe: Recipe, images: Images) -> None:
        """Frozen layers have no gradient, no optimiser state and no new statistics; losses are recorded by kimg."""
        before, (after, recorder) = state_of(recipe), run(recipe, images)
        for name, network in after.networks.parts.items():
            for a, b in zip(before.networks.parts[name].parameters(), network.parameters(), strict=True):
                if not b.requires_grad:
                    assert torch.equal(a, b) and b.grad is None
                elif b.ndim > 1:  # not the critic's last bias, whose gradient is 0 in a Wasserstein loss
                    assert not torch.equal(a, b)
            assert set(map(id, after.optimizers[name].state)) == set(map(id, trainable(network)))
        for old, new in zip(before.networks.G.blocks, after.networks.G.blocks, strict=True):
            trains = any(parameter.requires_grad for parameter in new.parameters())
            for name, mean in new.named_buffers():
                if name.endswith("running_mean"):
                    assert torch.equal(mean, old.get_buffer(name)) == (not trains)

        per_step = BATCH * recipe.method.batches_per_step
        assert [row["kimg"] for row in recorder.rows()] == [per_step * i / 1000 for i in range(1, STEPS + 1)]
        other = {"direction"} if isinstance(recipe.method, Direction) else {"reconstruction"}
        losses = {"loss_D", "loss_G"} if isinstance(recipe.method, Gan) else other
        assert all(losses | {"seconds"} <= set(row) for row in recorder.rows())
        assert recorder.peak_bytes > sum(t.nbytes for t in after.networks.G.state_dict().values())

    def test_accumulated_parts_make_the_same_update(self, recipe: Recipe, images: Images) -> None:
        """But for batch statistics, so the generator's are held still."""

        def update_of(parts: int) -> list[Tensor]:
            once = hardly_moving(per_sample(recipe))
            state, batch = state_of(once), images.batch(0, 8)
            state.networks.G.eval()
            if deep(recipe) or isinstance(recipe.method, Direction):
                batch = in_float64(state, batch)
            accumulation = accumulation_of(accumulate=parts)
            once.method.step(state.networks, state.optimizers, lambda: batch, accumulation)
            return gradients(state)

        assert_close(update_of(4), update_of(1), rtol=1e-4)

    def test_with_all_savings_and_with_none_the_update_is_the_same(self, recipe: Recipe, images: Images) -> None:
        assert_same(update(recipe, images, **SAVINGS), update(recipe, images, **NO_SAVING))


def assert_same(one: Update, other: Update) -> None:
    """Batch statistics included, and counted once."""
    (gradients_, buffers), (other_gradients, other_buffers) = one, other
    assert_close(gradients_, other_gradients, rtol=1e-4)
    for ours, theirs in zip(buffers, other_buffers, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_each_saving_makes_the_same_update(name: str, images: Images) -> None:
    recipe = RECIPES[name]
    plain = update(recipe, images)
    for choice, value in SAVINGS.items():
        assert_same(update(recipe, images, **{choice: value}), plain)


@pytest.mark.parametrize("name", [name for name, row in RECIPES.items() if row.start.teacher])
def test_a_teacher_gets_no_gradient_and_does_not_change(name: str, images: Images) -> None:
    after, before = run(RECIPES[name], images)[0].networks.teacher, state_of(RECIPES[name]).networks.teacher
    assert after is not None and before is not None
    assert not trainable(after) and all(p.grad is None for p in after.parameters())
    old, new = before.state_dict(), after.state_dict()
    assert all(torch.equal(old[key], new[key]) for key in old)


@pytest.mark.parametrize("recipe", GANS.values(), ids=GANS)
def test_critic_step_leaves_the_generator_alone_and_the_other_way_round(recipe: Recipe, images: Images) -> None:
    method, batch, accumulation = recipe.method, images.batch(0, 4), accumulation_of(term_by_term=False)
    assert isinstance(method, Gan)
    state = state_of(recipe)
    method.update_critic(state.networks, state.optimizers[CRITIC], batch, accumulation)
    assert all(p.grad is None for p in state.networks.G.parameters())
    assert all(p.grad is not None for p in trainable(state.networks.D))
    state = state_of(recipe)
    before = [p.detach().clone() for p in state.networks.D.parameters()]
    method.update_generator(state.networks, state.optimizers[GENERATOR], batch, accumulation)
    assert all(p.grad is None for p in state.networks.D.parameters())
    assert all(map(torch.equal, before, state.networks.D.parameters()))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("c++") is None, reason="torch.compile needs a C++ compiler")
@pytest.mark.filterwarnings("ignore")  # the compiler's own
def test_a_compiled_generator_makes_the_same_update(images: Images) -> None:
    def gradients_of(conditions: Conditions) -> list[Tensor]:
        once = hardly_moving(RECIPES["wgan_gp"])
        state = state_of(once, conditions)
        once.method.step(state.networks, state.optimizers, lambda: images.batch(0, 8), conditions.accumulation())
        return gradients(state)

    assert_close(gradients_of(conditions_of(compile=True)), gradients_of(conditions_of()), rtol=1e-4)


def test_a_non_finite_loss_ends_training_and_says_where(images: Images) -> None:
    with pytest.raises(NonFiniteLoss, match=r"kimg; lower learning_rate"):
        run(method_of(RECIPES["wgan_gp"], learning_rate=1e30), images)
