"""Switches of adversarial training: losses and penalties by hand, lazy penalties, augmentation."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from small import AUGMENT, DCGAN, HINGE, KD, WGAN_GP, accumulation_of, batch_of, recipe, state_of, switched
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.config.sections import GanRecipe
from frugalgan.data.batches import Batch
from frugalgan.methods.augment import augmented
from frugalgan.methods.gan import Gan
from frugalgan.methods.lecam import MEAN_REAL, Means, lecam_penalty
from frugalgan.methods.losses import ADVERSARIAL, zero_centred_penalty
from frugalgan.networks.parts import CRITIC, trainable
from frugalgan.networks.spectral import SpectralNorm, spectral

REAL, FAKE = torch.tensor([0.5, 2.0]), torch.tensor([-3.0, 0.25])


def test_losses_by_hand() -> None:
    assert ADVERSARIAL["wasserstein"].critic(REAL, FAKE).item() == pytest.approx(-1.375 - 1.25)
    assert ADVERSARIAL["hinge"].critic(REAL, FAKE).item() == pytest.approx((0.5 + 0) / 2 + (0 + 1.25) / 2)
    pairs = F.softplus(torch.tensor([-3.5, -1.75])).mean().item()
    assert ADVERSARIAL["relativistic"].critic(REAL, FAKE).item() == pytest.approx(pairs)
    for name in ("wasserstein", "hinge"):
        assert ADVERSARIAL[name].generator(FAKE, REAL).item() == 1.375
    assert ADVERSARIAL["relativistic"].generator(FAKE, REAL).item() == pytest.approx(
        F.softplus(torch.tensor([3.5, 1.75])).mean().item()
    )
    ones = F.binary_cross_entropy_with_logits(FAKE, torch.ones(2)).item()
    assert ADVERSARIAL["non_saturating"].generator(FAKE, REAL).item() == pytest.approx(ones)


def test_a_recipe_may_name_every_loss_and_only_those_that_use_real_images_pair_them() -> None:
    for name, losses in ADVERSARIAL.items():
        assert switched(DCGAN, loss=name).loss is losses
        uses_real = losses.generator(FAKE, REAL) != losses.generator(FAKE, REAL + 1)
        assert losses.pairs == uses_real, name
    with pytest.raises(ValueError, match="hinge"):
        GanRecipe(loss="logistic")  # pyright: ignore[reportArgumentType]


def test_the_penalty_of_a_linear_critic_is_half_its_slope_squared() -> None:
    slope = torch.randn(3, 4, 4)
    found = zero_centred_penalty(lambda x: (x * slope).sum(dim=(1, 2, 3)), torch.randn(5, 3, 4, 4))
    assert found.item() == pytest.approx(0.5 * slope.square().sum().item(), rel=1e-5)


def terms(method: Gan, batch: Batch) -> dict[str, Tensor]:
    networks = state_of(recipe(method)).networks
    fake = method.fakes(networks, batch, CRITIC).detach()
    return dict(method.critic_terms(networks, batch, fake))


def at_update(number: int) -> Batch:
    return replace(batch_of(4), key=(5, 4 * number))


@pytest.mark.parametrize("name", ["r1", "r2", "gradient_penalty"])
def test_a_lazy_penalty_counts_for_the_updates_without_it(name: str) -> None:
    switches: dict[str, Any] = {} if name == "gradient_penalty" else {name: 2.0}
    always = switched(WGAN_GP if name == "gradient_penalty" else DCGAN, **switches)
    lazy = always.with_recipe(GanRecipe(penalty_every=4, **switches))
    for number in range(9):
        batch = at_update(number)
        expected = 4 * terms(always, batch)[name] if number % 4 == 0 else torch.zeros(())
        assert terms(lazy, batch)[name] == expected
    assert lazy.period == 4 and lazy.shortest_step().period == 1


def test_a_recipe_replaces_the_loss_and_the_rates_of_every_method() -> None:
    for method in (WGAN_GP, DCGAN, KD):
        changed = switched(method, loss="hinge", learning_rate=0.5, beta1=0.25, n_critic=7)
        assert (changed.learning_rate, changed.beta1, changed.n_critic) == (0.5, 0.25, 7)
        assert changed.loss is ADVERSARIAL["hinge"]
        assert changed.critic_learning_rate == method.critic_learning_rate
        assert method.with_recipe(GanRecipe()) == method
    for method, own in ((WGAN_GP, "wasserstein"), (DCGAN, "non_saturating"), (KD, "non_saturating")):
        assert method.loss is ADVERSARIAL[own]


def test_weights_stay_clipped() -> None:
    state = state_of(recipe(method := switched(DCGAN, loss="wasserstein", clip=0.01)))
    method.step(state.networks, state.optimizers, lambda: batch_of(4), accumulation_of())
    assert max(parameter.abs().max().item() for parameter in trainable(state.networks.D)) == pytest.approx(0.01)


def test_lecam_by_hand() -> None:
    means = Means()
    means.update(torch.tensor(2.0), torch.tensor(-1.0))
    means.update(torch.tensor(4.0), torch.tensor(-3.0))
    assert means.real.item() == pytest.approx(0.99 * 0.02 + 0.04)
    assert means.fake.item() == pytest.approx(-0.99 * 0.01 - 0.03)
    above = [max(0.0, x - means.fake.item()) ** 2 for x in REAL.tolist()]
    below = [max(0.0, means.real.item() - x) ** 2 for x in FAKE.tolist()]
    expected = sum(above) / len(above) + sum(below) / len(below)
    assert lecam_penalty(REAL, FAKE, means).item() == pytest.approx(expected)
    ahead = torch.full((4,), -1.0), torch.full((4,), 1.0)  # real below fake's mean, fake above real's: nothing to do
    assert lecam_penalty(*ahead, means).item() == 0


def test_the_critic_remembers_what_it_said_of_whole_batches() -> None:
    method = switched(HINGE, lecam=0.3)
    whole, parts = (state_of(recipe(method)) for _ in range(2))
    seen = {"real": 0.0, "fake": 0.0}
    for number in range(3):
        batch = at_update(number)
        fake = method.fakes(whole.networks, batch, CRITIC).detach()
        said = method.scores(whole.networks, torch.cat([batch.real, fake]), batch).chunk(2)
        for name, of in zip(seen, said, strict=True):
            seen[name] = 0.99 * seen[name] + 0.01 * of.mean().item()
        for state, pieces in ((whole, 1), (parts, 2)):
            accumulation = replace(accumulation_of(), critic_parts=pieces)
            losses = method.update_critic(state.networks, state.optimizers[CRITIC], batch, accumulation)
            assert losses[MEAN_REAL].item() == pytest.approx(said[0].mean().item(), rel=1e-4, abs=1e-5)
    for state in (whole, parts):
        means = state.state_dict()["means"]
        assert {name: mean.item() for name, mean in means.items()} == pytest.approx(seen, rel=1e-3, abs=1e-6)
    assert "means" not in state_of(recipe(HINGE)).state_dict()


@pytest.mark.parametrize("kind", AUGMENT)
def test_every_image_is_changed_in_its_own_way_and_parts_of_a_batch_as_the_whole(kind: str) -> None:
    batch = batch_of(6)
    whole = augmented(batch.real, (kind,), batch, "a")
    parts = [augmented(part.real, (kind,), part, "a") for part in batch.split(3)]
    assert whole.shape == batch.real.shape and torch.equal(torch.cat(parts), whole)
    assert not torch.equal(whole, augmented(batch.real, (kind,), batch, "b"))
    both = augmented(torch.cat([batch.real, batch.real]), (kind,), batch, "a")
    assert torch.equal(both[:6], whole) and not torch.equal(both[6:], whole)
    alike = batch.real[:1].expand(6, -1, -1, -1)
    assert len({tuple(image.flatten().tolist()) for image in augmented(alike, (kind,), batch, "a")}) > 1


def test_colour_keeps_shapes_and_translation_keeps_values() -> None:
    batch = batch_of(200)
    ramp = torch.linspace(-1, 1, 32).expand(200, 3, 32, 32) * torch.tensor([1.0, 0.5, 0.0])[:, None, None]
    coloured = augmented(ramp, ("colour",), batch, "a")
    steps = coloured.diff(dim=3)  # along the ramp: linear still, brightness gone
    assert torch.allclose(steps, steps[:, :, :, :1].expand_as(steps), atol=1e-5)
    assert -0.5 <= (coloured.mean(dim=(1, 2, 3)) - ramp.mean(dim=(1, 2, 3))).min() < -0.45
    one = torch.zeros(200, 1, 32, 32)
    one[:, :, 16, 16] = 1
    places = augmented(one, ("translation",), batch, "a").flatten(1).argmax(dim=1)
    shifts = torch.stack([places // 32 - 16, places % 32 - 16])
    assert shifts.min() == -4 and shifts.max() == 4  # an eighth of the side


def test_a_cutout_is_a_square_of_half_the_side_or_less_at_the_border() -> None:
    batch = batch_of(200)
    cut = (augmented(torch.ones(200, 3, 32, 32), ("cutout",), batch, "a") == 0)[:, 0]
    heights, widths = cut.any(dim=2).sum(dim=1), cut.any(dim=1).sum(dim=1)
    assert torch.equal(cut.flatten(1).sum(dim=1), heights * widths)
    assert heights.max() == widths.max() == 16 and heights.min() >= 8


def test_gradients_flow_through_augmentation() -> None:
    x = torch.randn(4, 3, 32, 32, requires_grad=True)
    augmented(x, AUGMENT, batch_of(4), "a").square().sum().backward()
    assert x.grad is not None and x.grad.abs().sum(dim=(1, 2, 3)).min() > 0


def test_images_too_small_for_augmentation_are_refused() -> None:
    with pytest.raises(ValueError, match="augment needs images of 16 px and more, not 8"):
        augmented(torch.zeros(2, 3, 8, 8), AUGMENT, batch_of(2), "a")


def test_spectral_normalisation_is_the_largest_singular_value() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 8, 4)
    weight = layer.weight
    spectral(layer)
    (norm,) = (module for module in layer.modules() if isinstance(module, SpectralNorm))
    assert list(layer.parameters())[-1] is weight and not list(norm.parameters())
    norm.iterate(200)
    expected = weight / torch.linalg.matrix_norm(weight.flatten(1), ord=2)
    torch.testing.assert_close(layer.weight, expected)


def test_within_an_update_a_spectral_norm_is_one_function() -> None:
    layer, x = spectral(nn.Linear(6, 5)), torch.randn(2, 6)
    assert torch.equal(layer(x), layer(x))
