"""Better, worse or not distinguishable: the test behind the words."""

from typing import Any

import numpy as np
import pytest
from small_evaluations import evaluation
from small_study import row

from frugalgan.config.sections import ParamsError
from frugalgan.report.results import ResultsError
from frugalgan.report.settings import Compare
from frugalgan.report.verdicts import BETTER, DISAGREE, SAME, WORSE, holm, judge, verdicts

RNG = np.random.default_rng(0)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.6]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_words() -> None:
    low, high = [10.0, 10.1, 9.9, 10.2, 9.8], [20.0, 20.2, 19.8, 20.1, 19.9]
    table = judge([("a", low, "b", high), ("b", high, "a", low), ("a", low, "a", low)], 0.05)
    assert table["verdict"].tolist() == [BETTER, WORSE, SAME]
    assert table["repeats"].tolist() == [5, 5, 5]
    assert table["one_repeat_tells"].tolist() == [True, True, False]


def test_many_draws_tell_what_one_does_not() -> None:
    near, far = [10.0, 11.0, 9.0, 12.0, 8.0], [12.5, 13.5, 11.5, 14.5, 10.5]
    row = judge([("a", near, "b", far)], 0.05).iloc[0]
    assert (row["verdict"], row["one_repeat_tells"]) == (BETTER, False)


def test_draws_of_one_distribution_are_told_apart_as_seldom_as_stated() -> None:
    false = sum(
        judge([("a", RNG.normal(size=5).tolist(), "b", RNG.normal(size=5).tolist())], 0.05)["verdict"].iloc[0] != SAME
        for _ in range(400)
    )
    assert false / 400 < 0.09  # 0.05 expected, 0.09 is more than three standard deviations away


def test_no_spread_needs_no_statistics() -> None:
    table = judge([("a", [1.0, 1.0], "b", [1.0, 1.0]), ("a", [1.0, 1.0], "b", [2.0, 2.0])], 0.05)
    assert table["verdict"].tolist() == [SAME, SAME]  # copies are no repetition


def test_pairs_come_from_patterns() -> None:
    known = ["teacher", "scratch", "transfer", "student", "student_0.3"]
    pairs = Compare(pairs=["transfer / scratch", "student* / teacher"], significance=0.05).models(known)
    assert pairs == [("transfer", "scratch"), ("student", "teacher"), ("student_0.3", "teacher")]
    assert Compare(pairs=["student* / student"], significance=0.05).models(known) == [("student_0.3", "student")]
    with pytest.raises(ParamsError, match="no model techer; there are teacher, scratch"):
        Compare(pairs=["student* / techer"], significance=0.05).models(known)


def seeds(distances: list[float]) -> dict[str, Any]:
    """A model whose seeds score so; the draws of each lie 1 below and 1 above."""
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
    assert table["sd"].tolist() == pytest.approx([1.0, np.sqrt(2), np.sqrt(2)])
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
    assert not len(table) and {"over", "p_value", "verdict", "one_repeat_tells"} <= set(table.columns)


def test_models_of_different_data_are_not_compared() -> None:
    evaluations = {"transfer": evaluation(row(data="dogs")), "teacher": evaluation(row())}
    with pytest.raises(ResultsError, match=r"compare\.pairs: transfer / teacher: measured against dogs and cats"):
        verdicts(evaluations, [("transfer", "teacher")], 0.05)
