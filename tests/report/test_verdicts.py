"""Better, worse or not distinguishable: the test behind the words."""

import json
from pathlib import Path

import numpy as np
import pytest

from frugalgan.config.params import ParamsError
from frugalgan.report.results import ResultsError
from frugalgan.report.verdicts import BETTER, SAME, WORSE, holm, judge, verdicts
from frugalgan.config.sections import Compare

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
    with pytest.raises(ParamsError, match="no model techer; there are teacher, scratch"):
        Compare(pairs=["student* / techer"], significance=0.05).models(known)


def test_models_of_different_data_are_not_compared(tmp_path: Path) -> None:
    (tmp_path / "quality").mkdir()
    for name in ("transfer", "teacher"):
        values = {"extractor": "inception", "fid_draws": [1.0, 2.0]}
        (tmp_path / "quality" / f"{name}.json").write_text(json.dumps(values))
    with pytest.raises(ResultsError, match="measured against dogs and cats"):
        verdicts(tmp_path, [("transfer", "teacher")], {"transfer": "dogs", "teacher": "cats"}, 0.05)
