"""What `frugalgan train`, `distill` and `adapt` choose to fit the minutes and the memory."""

from dataclasses import replace
from pathlib import Path

import pytest
from test_direct import SMALL, timed

from frugalgan.direct.asked import Asked, asked_of
from frugalgan.direct.choice import Fit, choose
from frugalgan.direct.recipes import BEST, BEST_FROM, RECIPES
from frugalgan.direct.values import ChoiceError, study_of
from frugalgan.direct.ways import ADAPTED, DISTILLED, TUNED, VECTOR
from frugalgan.direct.widths import DcganWidths, StyleGan2Widths
from frugalgan.methods.stylegan2 import StyleGan2
from frugalgan.training.job import jobs

ASKED = Asked("/photos", seed=0, labels=False, recipe="wgan_gp")


def chosen(asked: Asked, *, minutes: float, memory: int | None, size: int | None) -> Fit:
    return choose(replace(asked, size=size), minutes=minutes, memory=memory)


@pytest.mark.parametrize(
    ("minutes", "size"), [(2, 32), (7, 32), (10, 64), (30, 64), (180, 128)]
)  # images/s: 160, 20, 5 at 32, 64, 128 px
def test_the_largest_size_is_chosen_that_sees_enough_images(
    minutes: float, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed(monkeypatch, lambda px: {32: 0.1, 64: 0.4, 128: 2.5}[px])
    fit = chosen(ASKED, minutes=minutes, memory=None, size=None)
    assert fit.choice.size == size and fit.choice.kimg >= RECIPES["wgan_gp"].sizes[size][0].least
    assert fit.training_seconds <= 60 * minutes
    assert [line.split(":")[0] for line in fit.lines(None)] == ["size", "networks", "budget", "memory"]


def test_networks_are_wide_where_they_see_enough_images_and_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, lambda px: 0.8)  # 10 images/s in batches of 8, 20 in batches of 16
    widths = {minutes: chosen(ASKED, minutes=minutes, memory=None, size=64).choice for minutes in (16, 20)}
    assert [(one.generator_width, one.batch_size) for one in widths.values()] == [(256, 8), (512, 16)]
    wide = chosen(ASKED, minutes=20, memory=None, size=64)
    assert chosen(ASKED, minutes=20, memory=wide.peak_bytes - 1, size=64).choice.generator_width == 256


@pytest.mark.parametrize(("how", "critic_and_batch"), [(DISTILLED, (32, 8)), (ADAPTED, (48, 24)), (TUNED, (48, 24))])
def test_what_learns_from_a_model_has_its_generators_width(
    how: str, critic_and_batch: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    timed(monkeypatch, lambda px: 0.1)
    model = replace(SMALL, size=64, generator_width=96, critic_width=48, batch_size=24)
    found = chosen(asked_of(Path("/teacher"), model, how), minutes=600, memory=None, size=64).choice
    assert (found.generator_width, found.critic_width, found.batch_size) == (96, *critic_and_batch)


def test_less_memory_is_a_smaller_size(monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, lambda px: 0.45)  # too few images for the wide networks
    whole = chosen(ASKED, minutes=10, memory=None, size=64)
    assert chosen(ASKED, minutes=10, memory=whole.peak_bytes, size=None).choice.size == 64
    assert chosen(ASKED, minutes=10, memory=whole.peak_bytes - 1, size=None).choice.size == 32
    with pytest.raises(ChoiceError, match=r"not enough for 64×64 px: .*or ask for a smaller --size"):
        chosen(ASKED, minutes=10, memory=whole.peak_bytes - 1, size=64)
    with pytest.raises(ChoiceError, match=r"--memory: 1 MiB are not enough for 32×32 px: a step takes \d+ MiB"):
        chosen(ASKED, minutes=10, memory=2**20, size=None)


def test_too_few_minutes_say_how_many_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, lambda px: 1.6 if px == 32 else 1e3)  # 10 images/s
    with pytest.raises(ChoiceError, match=r"32×32 px see .* --minutes (\d+) would do") as error:
        chosen(ASKED, minutes=5, memory=None, size=None)
    enough = float(str(error.value).split("--minutes ")[1].split()[0])
    assert chosen(ASKED, minutes=enough + 1, memory=None, size=None).choice.size == 32
    timed(monkeypatch, lambda px: 0.187)
    with pytest.raises(ChoiceError, match="--minutes 3 would do"):  # 2.4
        chosen(ASKED, minutes=2, memory=None, size=32)
    with pytest.raises(ChoiceError, match="preparing and measuring take 40 s: ask for 2 or more"):
        chosen(ASKED, minutes=0.5, memory=None, size=None)


@pytest.mark.parametrize(
    ("recipe", "how"),
    [(name, how) for name in RECIPES for how in ("alone", DISTILLED, ADAPTED, TUNED)] + [("stylegan2", VECTOR)],
)
@pytest.mark.parametrize("labels", [False, True])
def test_what_is_chosen_is_a_study_that_can_be_trained(recipe: str, how: str, labels: bool) -> None:
    widths = {"generator_width": 128, "critic_width": 8}  # what every recipe, and a student of a quarter, can be
    planned = jobs(study_of(replace(SMALL, how=how, labels=labels, recipe=recipe, **widths)))
    assert set(planned) == ({"model"} if how == "alone" else {"model", "source"})
    assert planned["model"].recipe.family.conditional == labels


def test_a_students_critic_is_as_narrow_as_its_generator_only_in_a_stylegan2() -> None:
    teacher = replace(SMALL, generator_width=512, critic_width=64)
    student = replace(teacher, how=DISTILLED, smaller=4)
    assert student.own_widths == DcganWidths(128, 64) and teacher.own_widths == DcganWidths(512, 64)
    assert replace(student, recipe="stylegan2").own_widths == StyleGan2Widths(128, 16)


def test_the_recipe_is_the_best_at_the_size_where_none_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, lambda px: 0.1)
    asked = replace(ASKED, recipe=None)
    found = {size: chosen(asked, minutes=600, memory=None, size=size).choice.recipe for size in BEST}
    assert found == BEST and chosen(ASKED, minutes=600, memory=None, size=32).choice.recipe == "wgan_gp"
    timed(monkeypatch, lambda px: 0.15)  # StyleGAN2 sees 53 images/s, WGAN-GP 107
    short = chosen(asked, minutes=3, memory=None, size=32)
    assert short.choice.recipe == "wgan_gp" and short.choice.kimg >= short.least
    found = {minutes: chosen(asked, minutes=minutes, memory=None, size=64).choice for minutes in (10, 15)}
    assert [one.recipe for one in found.values()] == ["wgan_gp", "stylegan2"]  # 28 and 43 thousand images
    assert chosen(replace(asked, recipe="stylegan2"), minutes=10, memory=None, size=64).choice.kimg < BEST_FROM[64]


@pytest.mark.parametrize(
    ("size", "how", "rate", "half_life"),
    [(64, "alone", 0.01, 2.2), (32, "alone", 0.005, 0.55), (64, TUNED, 0.005, 0.55), (64, VECTOR, 0.02, 0.55)],
)
def test_a_stylegan2_learns_at_the_rate_that_was_best_for_its_size(
    size: int, how: str, rate: float, half_life: float
) -> None:
    asked = replace(SMALL, recipe="stylegan2", size=size, how=how, generator_width=512, critic_width=64)
    method = jobs(study_of(asked))["model"].recipe.method
    assert isinstance(method, StyleGan2) and method.learning_rate == rate
    assert method.recipe.ema_kimg == half_life


def test_a_recipe_has_the_sizes_at_which_it_was_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, lambda px: 0.1)
    asked = replace(ASKED, recipe="stylegan2")
    assert chosen(asked, minutes=600, memory=None, size=None).choice.size == 64
    with pytest.raises(ChoiceError, match="--size 128: must be one of 32, 64, by --recipe stylegan2"):
        chosen(asked, minutes=600, memory=None, size=128)


def test_the_best_recipe_is_taken_below_its_number_of_images_where_no_other_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timed(monkeypatch, lambda px: 0.15)
    asked = replace(ASKED, recipe=None)
    small = chosen(replace(asked, recipe="stylegan2"), minutes=10, memory=None, size=64)
    other = chosen(asked, minutes=10, memory=100 * 2**20, size=64)  # the narrow networks
    assert other.choice.recipe == "wgan_gp" and other.peak_bytes > small.peak_bytes
    found = chosen(asked, minutes=10, memory=other.peak_bytes - 1, size=64)
    assert found.choice == small.choice and found.least == RECIPES["stylegan2"].sizes[64][0].least
