"""Courses and losses over training, tables as Markdown and CSV, and which models no other beats."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_evaluations import evaluations_of
from small_study import row, small_study

from frugalgan.config import places
from frugalgan.files import FileError
from frugalgan.report.pareto import front
from frugalgan.report.results import losses, over_training, results
from frugalgan.report.tables import markdown, rounded, write_csv

ROWS = {
    "untrained": row(budget="none"),
    "teacher": row(seeds=3),
    "scratch": row(data="dogs"),
    "student": row(method="kd", source="teacher", start="taught"),
}
STUDY = small_study(ROWS)


@pytest.fixture
def evaluations() -> dict[str, Any]:
    return evaluations_of(STUDY, ROWS, {"teacher": {"distance": 100.0, "shifts": (0.0, 3.0, -6.0)}})


def test_the_course_of_every_trained_model_over_seeds(evaluations: dict[str, Any]) -> None:
    evaluations["teacher"]["course"]["seconds"] = [[0.0, 60.0], [0.0, 900.0], [0.0, 50.0]]
    table = over_training(evaluations)
    assert "untrained" not in table.index and set(table.index) == set(STUDY.rows) - {"untrained"}
    teacher = table.loc["teacher"]
    assert teacher["kimg"].tolist() == [0, 1] and teacher["seconds"].tolist() == [0, 60]
    assert teacher["distance"].tolist() == [199, 99]
    assert over_training({"untrained": evaluations["untrained"]}).empty


def test_losses_are_those_of_each_models_first_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    study = small_study({name: ROWS[name] for name in ("untrained", "teacher", "scratch")}, seed=4)
    histories = {"untrained": "", "teacher": ",loss_D\n1,2,0.5\n2,4,0.25", "scratch": ",mmd\n1,2,7.0"}
    for name, text in histories.items():
        record = places.record(name) / "4"
        record.mkdir(parents=True)
        (record / "history.csv").write_text(f"kimg,seconds{text}\n")
    table = losses(study)
    assert list(table.index) == ["teacher", "teacher", "scratch"] and table["kimg"].tolist() == [1, 2, 1]
    assert table.loc["teacher", "loss_D"].tolist() == [0.5, 0.25] and pd.isna(table.loc["scratch", "loss_D"])
    assert losses(small_study({"untrained": ROWS["untrained"]}, seed=4)).empty
    (places.record("scratch") / "4" / "history.csv").unlink()
    with pytest.raises(FileError, match=r"history\.csv: not a table of losses .*`dvc repro train@scratch`"):
        losses(study)


def test_markdown_has_a_row_per_model_and_no_nan(evaluations: dict[str, Any]) -> None:
    table = results(STUDY, evaluations)
    lines = markdown(table).splitlines()
    assert len(lines) == len(STUDY.rows) + 2
    assert len({line.count("|") for line in lines}) == 1
    assert "nan" not in markdown(table).lower()
    assert "| 0.1235 | 12346 |" in markdown(pd.DataFrame({"a": [0.123456], "b": [12345.6]}))


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        *(
            (0.123456, 4, "0.1235"),
            (3e-7, 4, "3e-07"),
            (9999.4, 4, "9999"),
            (9999.5, 4, "10000"),
            (9999.99, 4, "10000"),
        ),
        *((18077.0, 4, "18077"), (-12345.6, 4, "-12346"), (1.5e6, 4, "1500000"), (99.4, 2, "99"), (123.4, 2, "123")),
    ],
)
def test_large_numbers_have_no_exponent(value: float, digits: int, text: str) -> None:
    assert rounded(value, digits) == text


def test_csv_has_numbers_to_six_digits_and_nothing_where_a_value_is_missing(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [0.12345678, None], "b": ["never", "44.75"]}, index=pd.Index(["x", "y"], name="model"))
    write_csv(table, tmp_path / "new" / "table.csv")
    assert (tmp_path / "new" / "table.csv").read_text() == "model,a,b\nx,0.123457,never\ny,,44.75\n"


def test_pareto_front_is_what_no_other_beats_on_both_axes() -> None:
    points = [(3.0, 1.0), (1.0, 5.0), (2.0, 5.0), (2.0, 4.0), (4.0, 1.0), (1.0, 5.0), (5.0, 0.5)]
    assert front(points) == [1, 3, 0, 6]
    assert front([]) == []
