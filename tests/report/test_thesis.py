"""The thesis's tables as views of the table of all models: its rows and figures, and nothing without them."""

from typing import Any

import pandas as pd
import pytest
from small_evaluations import evaluations_of
from small_study import row, small_study

from frugalgan.report.exports import exports
from frugalgan.report.page import page
from frugalgan.report.results import results
from frugalgan.report.settings import Compare
from frugalgan.report.tables import markdown
from frugalgan.report.thesis import BY_ALPHA, BY_MODEL, table_3_1, table_3_2, table_3_3
from frugalgan.report.verdicts import verdicts

ROWS = {
    "teacher": row(),
    "scratch": row(data="dogs"),
    "transfer": row(data="dogs", source="teacher", start="transfer"),
    "student": row(method="kd", source="teacher", start="taught"),
}
OTHERS = {"flowers": row(data="flowers"), "flowers_vae": row(data="flowers", method="vae")}
CHANGES: dict[str, Any] = {
    "teacher": {"distance": 100.0},
    "scratch": {"distance": 200.0},
    "transfer": {"distance": 230.0, "mib": 100.0},
    "student": {"distance": 110.0, "seconds": [0.0, 30.0]},
}


def table_of(rows: dict[str, Any], students: tuple[float, ...] = ()) -> pd.DataFrame:
    study = small_study(rows, students=list(students))
    return results(study, evaluations_of(study, rows, CHANGES))


def test_the_theses_own_tables_follow_from_its_own_figures() -> None:
    """Δ quality of table 3.3 is the change of FID in percent against ordinary training."""
    scratch, transfer = BY_MODEL["scratch"].fid, BY_MODEL["transfer"].fid
    assert 100 * (scratch - transfer) / scratch == pytest.approx(BY_MODEL["transfer"].quality_change_percent, abs=0.1)
    teacher, student = BY_MODEL["teacher"].fid, BY_ALPHA[0.05].fid
    assert 100 * (teacher - student) / teacher == pytest.approx(BY_ALPHA[0.05].quality_change_percent, abs=0.1)


def test_tables_have_the_theses_rows_and_figures() -> None:
    table = table_of(ROWS | OTHERS, students=(0.3,))
    first = table_3_1(table)
    assert first.index.tolist() == ["teacher", "scratch", "transfer"]
    assert first["thesis_fid"].tolist() == [63.95, 114.58, 127.517]
    second = table_3_2(table)
    assert second["alpha"].tolist() == [0.3, 0.05]
    assert second["thesis_fid_vs_teacher"].tolist() == [32.07, 29.8]
    third = table_3_3(table)
    assert third.index.tolist() == ["transfer learning", "distillation", "ordinary training"]
    assert third["thesis_memory_ratio"].round(2).tolist() == [0.36, 0.47, 1.0]
    assert third["thesis_quality_change_percent"].tolist() == [-11.2, -7.4, 0.0]


def test_our_figures_are_those_of_the_table_of_all_models() -> None:
    table = table_of(ROWS, students=(0.3,))
    first, second, third = table_3_1(table), table_3_2(table), table_3_3(table)
    for ours in ("distance", "peak_training_mib"):
        assert first[ours].to_dict() == table.loc[first.index, ours].to_dict()
        assert second[ours].to_dict() == table.loc[second.index, ours].to_dict()
    assert second["distance_vs_source"].tolist() == [7.0, 7.0]
    names = ["transfer", "student", "teacher"]
    for ours in ("peak_training_ratio", "generator_ratio", "quality_change_percent"):
        assert third[ours].tolist() == table.loc[names, ours].tolist()


def test_an_epoch_is_as_many_updates_as_the_theses() -> None:
    """200 critic updates, of students 100; ours saw a thousand images, 10 an update, in 60 and 30 seconds."""
    table = table_of(ROWS)
    assert table_3_1(table).loc["teacher", "seconds_per_epoch"] == pytest.approx(60 * 2)
    assert table_3_2(table).loc["student", "seconds_per_epoch"] == pytest.approx(30)


def test_a_student_that_the_thesis_has_not_stands_beside_nothing() -> None:
    second = table_3_2(table_of(ROWS, students=(0.7,)))
    assert second.loc["student_0.7", ["thesis_name", "thesis_fid", "thesis_memory_gb"]].isna().all()
    assert second.loc["student", ["thesis_name", "thesis_fid"]].tolist() == ["KD 2", 68.69]
    assert "nan" not in markdown(second).lower()


@pytest.mark.parametrize(
    ("rows", "lengths"),
    [
        (OTHERS, (0, 0, 0)),
        ({"teacher": ROWS["teacher"]} | OTHERS, (1, 0, 1)),
        ({"scratch": ROWS["scratch"]} | OTHERS, (1, 0, 0)),
        ({"student": row()}, (0, 0, 1)),  # of that name, but no student
    ],
)
def test_tables_without_their_rows_are_absent(rows: dict[str, Any], lengths: tuple[int, ...]) -> None:
    study, settings = small_study(rows), Compare(pairs=[], significance=0.05)
    evaluations = evaluations_of(study, rows)
    table = results(study, evaluations)
    tables = {"table_3_1": table_3_1(table), "table_3_2": table_3_2(table), "table_3_3": table_3_3(table)}
    assert tuple(map(len, tables.values())) == lengths
    text = page(
        study,
        table,
        tables | {"verdicts": verdicts(evaluations, [], 0.05), "exports": exports(study, 0.05)},
        settings,
        [],
    )
    for title, length in zip(("Table 3.1", "Table 3.2", "Table 3.3"), lengths, strict=True):
        assert (title in text) == bool(length)
