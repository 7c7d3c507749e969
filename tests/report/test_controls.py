"""Which models are compared for a head start, and with which controls."""

from typing import Any

import pytest
from head_starts import (
    CURVE,
    FACE,
    NAME,
    ROWS,
    STARTS,
    STUDY,
    TIMES,
    course,
    digits,
    evaluated,
    starts_of,
    table_rows,
)
from small_evaluations import evaluations_of
from small_study import STARTS as ALL_STARTS
from small_study import row, small_study

from frugalgan.report.decoders import decoders
from frugalgan.report.head_start import head_starts
from frugalgan.report.results import ResultsError


def controls_of(further: dict[str, Any]) -> dict[str, str]:
    """Model → its control, with these rows before all others."""
    rows = further | ROWS
    study = small_study(rows)
    return {start.name: start.control_name for start in head_starts(study, evaluations_of(study, rows))}


def test_the_control_is_the_same_model_from_random_weights() -> None:
    expected = dict(zip(STARTS, ("dcgan", "dcgan", "cwgan", "teacher"), strict=True))
    unlike = {
        "other_data": row(method="dcgan", seeds=3),
        "other_method": digits(method="wgan_gp"),
        "other_networks": digits(networks="conditional"),
        "not_random": digits(source="vae", start="transfer"),
        "untrained": digits(budget="none"),
    }
    assert controls_of({}) == controls_of(unlike) == expected


def test_of_two_controls_that_of_the_same_budget_counts() -> None:
    assert controls_of({"shorter": digits(budget="short")})[NAME] == "dcgan"
    assert controls_of({"shorter": row(budget="short")})[FACE] == "shorter"
    assert controls_of({"untrained": row(budget="none")})[FACE] == "teacher"  # of another budget, if it is trained


@pytest.mark.parametrize("unlike", [{"batch_size": 5}, {"pictures": 100}])
def test_a_control_sees_batches_of_the_same_size_from_the_same_pictures(unlike: dict[str, int]) -> None:
    """Only how long it is trained may be another."""
    rows = ROWS | {"teacher": row(budget="other"), "dcgan": digits(budget="other")}
    budgets = {"some": {"kimg": 1.0, "batch_size": 10}, "short": {"kimg": 0.5, "batch_size": 10}}
    for other, expected in (({}, STARTS), (unlike, ["cwgan_from_cvae"])):
        study = small_study(rows, budgets=budgets | {"other": {"kimg": 2.0, "batch_size": 10} | other})
        assert [start.name for start in head_starts(study, evaluations_of(study, rows))] == expected


def test_a_control_trains_all_of_itself_from_the_first_step() -> None:
    rows = {"waits": digits(start="waits")} | ROWS
    study = small_study(rows, starts=ALL_STARTS | {"waits": {"wait": 0.5}})
    found = head_starts(study, evaluations_of(study, rows))
    assert {start.control_name for start in found} == {"dcgan", "cwgan", "teacher"}


def test_models_without_control_and_those_that_start_as_no_decoder_are_left_out() -> None:
    further = {
        "alone": row(method="dcgan", source="cats_vae", start="decoder"),
        "transfer": row(source="teacher", start="transfer"),
        "from_a_gan": row(source="teacher", start="decoder"),
    }
    assert list(controls_of(further)) == STARTS
    rows = {name: ROWS[name] for name in ("vae", "dcgan_from_vae")}
    study = small_study(rows)
    table = decoders(study, head_starts(study, evaluations_of(study, rows)), 0.05)
    assert not len(table)


def test_every_data_set_has_its_own_title_and_metric() -> None:
    found = table_rows()
    named = [found[FACE][column] for column in ("data", "start", "control", "metric", "seeds")]
    assert named == ["drawn cats", "cats_vae", "teacher", "fid", 1]
    assert (found[NAME]["data"], found[NAME]["metric"], found[NAME]["seeds"]) == ("drawn digits", "fd_small", 3)


def test_what_does_not_belong_together_is_refused() -> None:
    evaluations = evaluated()
    evaluations[NAME]["course"]["distance"][2] = CURVE[:-1]
    with pytest.raises(ResultsError, match=f"{NAME}: moments of its seeds, their kimg, times and metrics differ"):
        head_starts(STUDY, evaluations)


def test_models_of_unlike_numbers_of_seeds_are_compared_over_those_of_both() -> None:
    start = next(one for one in starts_of({NAME: course(CURVE, TIMES, shifts=(0.0, 1.0))}) if one.name == NAME)
    assert start.gan.seeds == start.control.seeds == [0, 1]
    assert len(start.control.distance) == len(start.control.seconds) == 2
