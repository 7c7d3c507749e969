"""Thresholds of z in the report: a table, a figure, and nothing of nothing."""

from pathlib import Path

import pytest
from drawn_figures import seen
from small_evaluations import evaluations_of
from small_study import row, small_study

from frugalgan.report.truncation import curves, plot

ROWS = {"a_biggan": row(seeds=2), "other": row()}
TRUNCATION = {
    "thresholds": [1.0, 0.5],
    "n": 12,
    "distance": [[10.0, 12.0], [20.0, 22.0]],
    "precision": [[0.5, 0.7], [0.8, 1.0]],
    "recall": [[0.5, 0.5], [0.1, 0.3]],
}


def test_a_row_per_threshold_of_models_that_have_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluations = evaluations_of(small_study(ROWS), ROWS)
    assert curves(evaluations).empty
    plot(curves(evaluations), tmp_path / "none.png")
    assert not list(tmp_path.iterdir())
    evaluations["a_biggan"]["truncation"] = TRUNCATION
    table = curves(evaluations)
    assert table.index.tolist() == ["a_biggan"] * 2 and table["threshold"].tolist() == [1.0, 0.5]
    assert table["distance"].tolist() == [11.0, 21.0] and table["recall"].tolist() == [0.5, 0.2]
    with seen(monkeypatch) as found:
        plot(table, tmp_path / "one.png")
    assert (tmp_path / "one.png").is_file() and len(found[0].axes) == 3
