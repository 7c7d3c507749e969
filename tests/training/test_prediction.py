"""Predicted memory is what training takes, for every choice that changes it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from one_training import DIGITS, KD, MODEL, ROW, study_of
from small import CPU, HINGE, RECIPES, recipe

from frugalgan.data.facts import DataFacts
from frugalgan.networks.biggan import BigGan
from frugalgan.training.job import job
from frugalgan.training.memory import LiveBytes
from frugalgan.training.prediction import fresh_state, noise, predict
from frugalgan.training.recipe import Recipe
from frugalgan.training.state import Conditions

ROWS: dict[str, dict[str, Any]] = {
    MODEL: ROW,
    "transfer": ROW | {"from": MODEL, "start": "transfer"},
    "student": KD | {"from": MODEL},
    "from_pool": KD | {"from": "pool"},
    "vae": ROW | {"method": "vae"},
    "cwae": DIGITS | {"method": "wae", "networks": "digits_conditional"},
    "cdcgan": DIGITS | {"method": "dcgan", "networks": "digits_conditional"},
}
POOL = {"pools": {"pool": {"from": MODEL, "images": 64}}}
PLAIN_CONDITIONS = Conditions(CPU, torch.float32, 0.0)


def recipe_of(name: str, size: str, **changes: Any) -> Recipe:
    return job(study_of(ROWS, POOL | changes, size), name).recipe


def measured_peak(recipe: Recipe, batch_size: int, conditions: Conditions) -> int:
    """Live tensor bytes at the peak of a second, real step."""
    state, batch = fresh_state(recipe, conditions), noise(recipe.data, batch_size, CPU)

    def step() -> None:
        recipe.method.step(state.networks, state.optimizers, lambda: batch, conditions.accumulation())
        if state.ema is not None:
            state.ema.update_parameters(state.networks.G)

    step()
    with LiveBytes(state.live(), state.trainable()) as live:
        step()
    return live.peak


def error_of(conditions: Conditions) -> float:
    """A prediction's: hardly any, but of copies that autocast or another layout asks for, and parts of a batch."""
    plain = conditions.precision == torch.float32 and conditions.critic_parts == 1 and not conditions.channels_last
    return 1e-4 if plain else 0.1


@pytest.mark.parametrize(
    ("size", "name"),
    [
        ("embedded", "transfer"),
        ("embedded", "vae"),
        ("embedded", "cwae"),
        pytest.param("paper", MODEL, marks=pytest.mark.slow),
        pytest.param("paper", "student", marks=pytest.mark.slow),
        pytest.param("paper", "cdcgan", marks=pytest.mark.slow),
    ],
)
def test_prediction_is_what_a_real_step_takes(size: str, name: str) -> None:
    recipe, batch_size = recipe_of(name, size), 16 if size == "embedded" else 2
    conditions = replace(PLAIN_CONDITIONS, ema_decay=0.99 if size == "embedded" else 0.0)
    recipe = replace(recipe, method=recipe.method.shortest_step())
    predicted = predict(recipe, batch_size, conditions).peak_bytes
    assert predicted == pytest.approx(measured_peak(recipe, batch_size, conditions), rel=error_of(conditions))


CHOICES: list[dict[str, Any]] = [
    {"precision": torch.bfloat16},
    {"accumulate": 4},
    {"critic_parts": 4},
    {"recompute": True},
    {"term_by_term": False},
    {"ema_decay": 0.99},
    {"channels_last": True},
    {"channels_last": True, "precision": torch.bfloat16},
]
AT_FEATURES = "transfer, penalty at features"


@pytest.mark.parametrize(
    ("name", "choice"),
    [(name, choice) for name in (MODEL, AT_FEATURES, "student") for choice in CHOICES]
    + [(name, {}) for name in ("transfer", "from_pool", "vae")],
)
def test_prediction_follows_every_choice(name: str, choice: dict[str, Any]) -> None:
    model, changes = ("transfer", {"wgan_gp.penalty_at": "features"}) if name == AT_FEATURES else (name, {})
    recipe, conditions = recipe_of(model, "smoke", **changes), replace(PLAIN_CONDITIONS, **choice)
    predicted = predict(recipe, 16, conditions).peak_bytes
    assert predicted == pytest.approx(measured_peak(recipe, 16, conditions), rel=error_of(conditions))


@pytest.mark.parametrize(
    ("name", "choice"),
    [(name, {}) for name in RECIPES] + [(name, choice) for name in ("biggan", "stylegan2") for choice in CHOICES],
)
def test_prediction_knows_every_method_family_and_switch(name: str, choice: dict[str, Any]) -> None:
    conditions = replace(PLAIN_CONDITIONS, **choice)
    predicted = predict(RECIPES[name], 16, conditions).peak_bytes
    assert predicted == pytest.approx(measured_peak(RECIPES[name], 16, conditions), rel=error_of(conditions))


# GiB of live tensors of a plain implementation at the paper's widths: float32, one summed critic loss
PLAIN = {8: 1.13, 64: 2.35}


@pytest.mark.parametrize(
    ("name", "batch", "precision", "share"),
    [
        (MODEL, 64, torch.float32, 0.75),
        (MODEL, 64, torch.bfloat16, 0.6),
        ("transfer", 8, torch.float32, 0.46),
        ("transfer", 64, torch.float32, 0.6),
        ("student", 8, torch.float32, 0.5),
        ("from_pool", 8, torch.float32, 0.36),
    ],
)
def test_memory_at_the_papers_widths_is_a_share_of_a_plain_implementations(
    name: str, batch: int, precision: torch.dtype, share: float
) -> None:
    conditions = replace(PLAIN_CONDITIONS, precision=precision, critic_parts=4)
    assert predict(recipe_of(name, "paper"), batch, conditions).peak_bytes < share * PLAIN[batch] * 2**30


SIDE_BY_SIDE = """
from small import RECIPES, method_of
from test_prediction import PLAIN_CONDITIONS
from frugalgan.training import prediction
names = ("wgan_gp", "dcgan", "vae", "kd", "transfer", "wgan_gp from a decoder")
recipes = [RECIPES[name] for name in names] + [method_of(RECIPES["kd"], alpha=0.3, learning_rate=1e-5)]
prediction.predict_side_by_side((recipe, 8, PLAIN_CONDITIONS) for recipe in recipes)
print(len(prediction._known))
needs = [prediction.predict(recipe, 8, PLAIN_CONDITIONS) for recipe in recipes]
prediction._known.clear()
assert needs == [prediction.predict(recipe, 8, PLAIN_CONDITIONS) for recipe in recipes]
print(len(prediction._known))
"""


@pytest.mark.slow
def test_each_network_is_planned_once_and_side_by_side_the_same() -> None:
    """Rates, α, and whose weights a model starts with are no reason to plan it again; frozen layers are."""
    tests = Path(__file__).parents[1]
    path = os.pathsep.join([str(tests), str(tests / "training")])
    output = subprocess.check_output(
        [sys.executable, "-c", SIDE_BY_SIDE], env={**os.environ, "PYTHONPATH": path}, text=True
    )
    assert output.split() == ["5" if sys.platform == "linux" else "0", "5"]


def test_a_process_of_several_needs_the_memory_of_its_share() -> None:
    recipe, two = RECIPES["wgan_gp"], replace(PLAIN_CONDITIONS, processes=2)
    assert predict(recipe, 16, two) == predict(recipe, 8, PLAIN_CONDITIONS)
    with pytest.raises(ValueError, match=r"a batch of 9 is no multiple of devices .* = 2 × 1 × 1 = 2"):
        predict(recipe, 9, two)


def test_parts_add_up_to_the_peak_and_frozen_layers_need_no_state() -> None:
    needs = {name: predict(recipe_of(name, "paper"), 8, PLAIN_CONDITIONS) for name in (MODEL, "transfer", "student")}
    for need in needs.values():
        parts = need.weights_bytes + need.gradients_bytes + need.optimizer_bytes + need.activations_bytes
        assert parts == need.peak_bytes
    scratch, transfer, student = needs.values()
    assert scratch.trained_parameters == 47_859_331 + 11_166_529
    assert scratch.weights_bytes == transfer.weights_bytes
    assert scratch.optimizer_bytes == pytest.approx(2 * 4 * scratch.trained_parameters, rel=1e-3)
    assert transfer.optimizer_bytes == pytest.approx(2 * 4 * transfer.trained_parameters, rel=1e-3)
    assert student.generator_parameters == 9_869_123
    assert scratch.peak_bytes > transfer.peak_bytes


def test_accumulation_lowers_the_peak_as_predicted() -> None:
    recipe = recipe_of(MODEL, "embedded")
    whole, parts = (predict(recipe, 16, replace(PLAIN_CONDITIONS, accumulate=n)) for n in (1, 4))
    assert parts.activations_bytes < 0.5 * whole.activations_bytes


@pytest.mark.slow
def test_the_papers_biggan_is_planned_without_its_memory() -> None:
    """128 px, width 96, 1,000 labels: 158.4 million parameters, of which each has a weight and two moments."""
    family = BigGan(latent_size=120, width=96, attention=64)
    labels = tuple(str(label) for label in range(1000))
    images = DataFacts(128, 3, mirror=True, labels=labels)
    need = predict(replace(recipe(HINGE, family), data=images), 2, PLAIN_CONDITIONS)
    assert need.trained_parameters == pytest.approx(158.42e6, abs=5e3)
    assert need.optimizer_bytes == pytest.approx(8 * need.trained_parameters, rel=1e-3)
    assert need.peak_bytes > 12 * need.trained_parameters
