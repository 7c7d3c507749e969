"""Better, worse or not distinguishable: the test behind the words."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import t
from small_evaluations import evaluation
from small_study import row, small_study

from frugalgan.config.sections import ParamsError
from frugalgan.report.results import ResultsError
from frugalgan.report.settings import Compare
from frugalgan.report.verdicts import (
    BETTER,
    COLUMNS,
    DISAGREE,
    DRAWS,
    SAME,
    WORSE,
    Compared,
    holm,
    judge,
    p_value,
    verdicts,
)

RNG = np.random.default_rng(0)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.6]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_words() -> None:
    low, high = [10.0, 10.1, 9.9, 10.2, 9.8], [20.0, 20.2, 19.8, 20.1, 19.9]
    table = judge([Compared("a", low, "b", high), Compared("b", high, "a", low), Compared("a", low, "a", low)], 0.05)
    assert table["verdict"].tolist() == [BETTER, WORSE, SAME]
    assert table["repeats"].tolist() == [5, 5, 5]
    assert table["one_repeat_tells"].tolist() == [True, True, False]


def test_many_draws_tell_what_one_does_not() -> None:
    near, far = [10.0, 11.0, 9.0, 12.0, 8.0], [12.5, 13.5, 11.5, 14.5, 10.5]
    row = judge([Compared("a", near, "b", far)], 0.05).iloc[0]
    assert (row["verdict"], row["one_repeat_tells"]) == (BETTER, False)


@pytest.mark.parametrize("shared", [0.0, 0.9, 1.0])  # of the variance of draws, by z and real images
@pytest.mark.parametrize("paired", [False, True])
def test_draws_of_one_distribution_are_told_apart_as_seldom_as_stated(paired: bool, shared: float) -> None:
    false = 0
    for _ in range(400):
        common = np.sqrt(shared) * RNG.normal(size=5)
        ours, theirs = (common + np.sqrt(1.0 - shared) * RNG.normal(size=5) for _ in range(2))
        false += p_value(ours.tolist(), theirs.tolist(), paired=paired) < 0.05
    assert false / 400 < 0.09  # 0.05 at most expected, 0.09 is more than three standard deviations away


def test_the_paired_test_sees_what_the_spread_of_draws_hides() -> None:
    """8 bits beside 32 of a teacher, as measured: by hand, t = mean / (sd / √5) of the differences, 4 degrees."""
    differences = np.array([5.015, 3.299, 4.797, 1.718, 2.16])
    whole = np.array([1150.7, 1137.4, 1131.5, 1136.9, 1137.1])
    small = whole + differences
    statistic = differences.mean() / (differences.std(ddof=1) / np.sqrt(5))
    by_hand = 2 * t.sf(statistic, 4)
    assert (
        p_value(small.tolist(), whole.tolist(), paired=True) == pytest.approx(by_hand) == pytest.approx(0.007, rel=0.02)
    )
    assert p_value(small.tolist(), whole.tolist(), paired=False) > 0.4
    pair = ("8 bits", small.tolist(), "32 bits", whole.tolist())
    table = judge([Compared(*pair, DRAWS)], 0.05)
    assert (table["verdict"].iloc[0], table["over"].iloc[0]) == (WORSE, "draws")
    assert judge([Compared(*pair)], 0.05)["verdict"].iloc[0] == SAME  # of seeds: independent


def test_unequally_many_draws_are_no_pairs() -> None:
    ours, theirs = [1.0, 2.0, 3.0, 4.0], [2.0, 3.5, 4.5]
    assert p_value(ours, theirs, paired=True) == p_value(ours, theirs, paired=False) < 1


@pytest.mark.parametrize("paired", [False, True])
def test_no_spread_needs_no_statistics(paired: bool) -> None:
    assert p_value([1.0, 1.0], [1.0, 1.0], paired=paired) == p_value([1.0, 1.0], [2.0, 2.0], paired=paired) == 1
    assert p_value([1.0, 3.0], [2.0, 4.0], paired=True) == 1  # nothing but one difference, again and again


def pairs_of(*pairs: str) -> list[tuple[str, str]]:
    """What these patterns ask for, of five models of cats and dogs."""
    dogs = {name: row(data="dogs") for name in ("scratch", "transfer")}
    study = small_study({"teacher": row()} | dogs | {"student": row(method="kd")}, students=[0.3])
    return Compare(pairs=list(pairs), significance=0.05).models(study.rows)


def test_pairs_come_from_patterns() -> None:
    assert pairs_of("transfer / scratch", "student* / teacher") == [
        ("transfer", "scratch"),
        ("student", "teacher"),
        ("student_0.3", "teacher"),
    ]
    assert pairs_of("student* / student") == [("student_0.3", "student")]
    with pytest.raises(ParamsError, match="no model techer; there are teacher, scratch"):
        pairs_of("student* / techer")


def test_two_models_are_compared_once_whichever_stands_first() -> None:
    """A pair that is judged twice would make Holm's correction of all p values harsher."""
    assert pairs_of("student* / student*") == [("student", "student_0.3")]
    assert pairs_of("student_0.3 / teacher", "student* / teacher", "teacher / student*") == [
        ("student_0.3", "teacher"),
        ("student", "teacher"),
    ]


@pytest.mark.parametrize("pair", ["scratch / teacher", "s* / teacher"])
def test_models_of_two_data_sets_are_no_pair(pair: str) -> None:
    with pytest.raises(ParamsError) as error:
        pairs_of(pair)
    message = f"compare.pairs: {pair!r}: scratch learns dogs, and teacher cats; choose models of one data set"
    assert str(error.value) == message


def seeds(distances: list[float]) -> dict[str, Any]:
    """A model whose seeds score so; the draws of each lie some 1 below and 1 above."""
    first, *_ = distances
    shifts = tuple(distance - first for distance in distances)
    return evaluation(row(seeds=len(distances)), first, swd=8 * first, shifts=shifts)


def test_a_verdict_is_over_seeds_where_both_models_have_several_else_over_draws() -> None:
    evaluations = {"a": seeds([10.0, 11.0, 12.0]), "b": seeds([30.0, 31.0]), "one": seeds([50.0])}
    table = verdicts(evaluations, [("a", "b"), ("a", "one"), ("one", "b")], 0.05)
    assert table["over"].tolist() == ["seeds", "draws", "draws"]
    assert table["repeats"].tolist() == [2, 2, 2]
    assert table["distance"].tolist() == [11.0, 10.0, 50.0]  # of draws: those of the first seed
    assert table["other_distance"].tolist() == [30.5, 50.0, 30.0]
    assert table["sd"].tolist() == pytest.approx([1.0, np.sqrt(2), np.sqrt(2)], rel=1e-3)
    assert table["verdict"].tolist() == [BETTER, BETTER, WORSE]
    assert table.index.tolist() == ["a", "a", "one"] and table["other"].tolist() == ["b", "one", "b"]


FIVE = (0.0, 0.1, -0.1, 0.2, -0.2)


def model(distance: float, swd: float, **more: Any) -> dict[str, Any]:
    return evaluation(row(seeds=5), distance, swd=swd, shifts=FIVE, **more)


def test_better_is_what_both_metrics_call_better() -> None:
    evaluations = {
        "other": model(50, 80),
        "a": model(40, 70),
        "b": model(60, 90),
        "c": model(40, 90),
        "d": model(40, 80),
    }
    table = verdicts(evaluations, [(name, "other") for name in "abcd"], 0.05)
    assert table["by_distance"].tolist() == [BETTER, WORSE, BETTER, BETTER]
    assert table["by_second"].tolist() == [BETTER, WORSE, WORSE, SAME]
    assert table["verdict"].tolist() == [BETTER, WORSE, DISAGREE, DISAGREE]
    assert set(table["second"]) == {"swd"} and table["second_distance"].tolist() == pytest.approx([70, 90, 90, 80])


def test_a_second_network_takes_the_place_of_pixels() -> None:
    evaluations = {"a": model(40, 90, second=5.0), "other": model(50, 80, second=9.0)}
    found = verdicts(evaluations, [("a", "other")], 0.05).iloc[0]
    assert (found["second"], found["verdict"]) == ("fd_vgg16_edges", BETTER)


def test_a_collapsed_model_never_wins() -> None:
    evaluations = {"a": model(40, 70, collapsed=True), "other": model(50, 80), "last": model(90, 99)}
    table = verdicts(evaluations, [("a", "other"), ("last", "a"), ("last", "other")], 0.05)
    assert table["verdict"].tolist() == ["a collapsed", "a collapsed", WORSE]


def test_no_pairs_make_an_empty_table_with_all_columns() -> None:
    table = verdicts({}, [], 0.05)
    assert not len(table) and table.index.name == "model" and table.columns.tolist() == COLUMNS


def test_a_pair_is_judged_with_its_own_numbers_where_a_model_stands_in_several() -> None:
    evaluations = {"a": model(40, 70), "b": model(60, 90), "c": model(20, 99)}
    table = verdicts(evaluations, [("a", "b"), ("a", "c")], 0.05)
    assert table["second_other_distance"].tolist() == pytest.approx([90, 99])
    assert table[["by_distance", "by_second"]].to_numpy().tolist() == [[BETTER, BETTER], [WORSE, BETTER]]


def test_models_of_different_data_are_not_compared() -> None:
    evaluations = {"transfer": evaluation(row(data="dogs")), "teacher": evaluation(row())}
    with pytest.raises(ResultsError, match=r"compare\.pairs: transfer / teacher: measured against dogs and cats"):
        verdicts(evaluations, [("transfer", "teacher")], 0.05)
