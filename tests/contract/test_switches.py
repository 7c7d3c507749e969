"""Every switch of a recipe with every GAN method, and all of them together with every family of networks."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from small import AUGMENT, FAMILIES, GANS, HINGE, accumulation_of, batch_of, method_of, recipe, state_of

from frugalgan.config.sections import GanRecipe
from frugalgan.methods.gan import Gan
from frugalgan.methods.stylegan2 import StyleGan2
from frugalgan.networks import Family
from frugalgan.training.recipe import Recipe

SWITCHES: dict[str, dict[str, Any]] = {
    "loss": {"loss": "relativistic"},
    "r1": {"r1": 1.0, "penalty_every": 2},
    "r2": {"r2": 1.0},
    "clip": {"clip": 0.1},
    "augment": {"augment": AUGMENT},
    "lecam": {"lecam": 0.3},
    "orthogonal": {"orthogonal": 1e-3},
}
METHODS = {type(row.method): method_of(row, recipe=GanRecipe()) for row in reversed(GANS.values())}  # the first of each


def step(row: Recipe) -> tuple[dict[str, torch.Tensor], list[torch.Tensor]]:
    """The losses of the second step, with which LeCam begins, and the weights of both networks after it; the generator
    must have moved."""
    state, batch = state_of(row), batch_of(4)
    before = [parameter.detach().clone() for parameter in state.networks.G.parameters()]
    losses: dict[str, torch.Tensor] = {}
    for _ in range(2):
        losses = row.method.step(state.networks, state.optimizers, lambda: batch, accumulation_of())
    assert not all(map(torch.equal, before, state.networks.G.parameters()))
    return losses, [weight.detach() for part in state.networks.parts.values() for weight in part.parameters()]


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("kind", METHODS, ids=lambda kind: kind.__name__)
def test_every_switch_with_every_method(kind: type[Gan], switch: str) -> None:
    row = METHODS[kind]
    assert isinstance(row.method, Gan)
    asked = GanRecipe(**SWITCHES[switch])
    if switch == "r1" and isinstance(row.method, StyleGan2):
        with pytest.raises(ValueError, match="stylegan2 has R1 of its own"):
            row.method.with_recipe(asked)
        return
    losses, weights = step(replace(row, method=row.method.with_recipe(asked)))
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert (switch in losses) == (switch in ("r1", "r2", "orthogonal"))
    _, without = step(row)
    assert not all(map(torch.equal, weights, without))


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_all_switches_together_with_every_family(family: Family) -> None:
    everything = {key: value for switches in SWITCHES.values() for key, value in switches.items()}
    row = recipe(HINGE.with_recipe(replace(HINGE.recipe, **everything)), family)
    losses, _ = step(row)
    assert {"loss_D", "loss_G", "r1", "r2", "orthogonal"} < set(losses)
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert losses["r1"] > 0 and losses["r2"] > 0


def test_a_lazy_penalty_needs_a_penalty() -> None:
    with pytest.raises(ValueError, match="penalty_every: 4 without a penalty: set r1 or r2 too, or leave it out"):
        HINGE.with_recipe(replace(HINGE.recipe, penalty_every=4))
