"""Tables from metrics files: percentages, ratios, the thesis beside ours, and what must not be compared."""

import json
from pathlib import Path
from typing import Any

import pytest
from pipeline import PROJECT

from frugalgan.files import FileError
from frugalgan.report.compare import DATASETS
from frugalgan.report.pareto import front
from frugalgan.report.results import ResultsError, collect
from frugalgan.report.tables import markdown, table_3_1, table_3_2, table_3_3

MIB = 2**20
ALPHAS = {"student": 0.05, "student_0.3": 0.3}
MODELS = DATASETS | dict.fromkeys(ALPHAS, "cats")
DISTANCE = {"untrained": 400.0, "teacher": 100.0, "scratch": 200.0, "transfer": 230.0, "student": 110.0}


def metrics(folder: Path, **changes: Any) -> Path:
    for name in MODELS:
        cost = {
            "kimg": 1.0,
            "seconds": 60.0,
            "seconds_per_epoch": 6.0,
            "peak_training_bytes": 400 * MIB,
            "generator_bytes": 100 * MIB,
            "trained_parameters": 10,
            "generator_parameters": 5,
        }
        if name == "transfer":
            cost |= {"peak_training_bytes": 100 * MIB}
        quality = {
            "extractor": "inception",
            "extractor_sha256": "a",
            "fid": DISTANCE.get(name, 120.0),
            "fid_sd": 1.0,
            "fid_infinity": 90.0,
            "fid_draws": [DISTANCE.get(name, 120.0) - 1, DISTANCE.get(name, 120.0) + 1],
            "fid_vs_teacher": 7.0,
        }
        write(folder / "cost" / f"{name}.json", cost)
        write(folder / "quality" / f"{name}.json", quality | changes.get(name, {}))
    for name in ("cats", "dogs"):
        write(folder / "reference" / f"{name}.json", {"floor_fid": 20.0, "n_floor": 50})
    return folder


def test_pareto_front_is_what_no_other_beats_on_both_axes() -> None:
    points = [(3.0, 1.0), (1.0, 5.0), (2.0, 5.0), (2.0, 4.0), (4.0, 1.0), (1.0, 5.0), (5.0, 0.5)]
    assert front(points) == [1, 3, 0, 6]
    assert front([]) == []


def write(file: Path, values: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))


def test_quality_and_cost_are_relative_to_ordinary_training_on_the_same_data(tmp_path: Path) -> None:
    table, key = collect(metrics(tmp_path), MODELS, ALPHAS)
    assert key == "fid"
    assert table.loc["transfer", "quality_change_percent"] == pytest.approx(-15)  # 230 against 200
    assert table.loc["student", "quality_change_percent"] == pytest.approx(-10)  # 110 against 100
    assert table.loc["transfer", "peak_training_ratio"] == pytest.approx(0.25)
    assert table.loc["scratch", "peak_training_ratio"] == 1


def test_the_theses_own_tables_follow_from_its_own_figures() -> None:
    """Δ quality of table 3.3 is the change of FID in percent against ordinary training."""
    from frugalgan.report.thesis import BY_ALPHA, BY_MODEL

    scratch, transfer = BY_MODEL["scratch"].fid, BY_MODEL["transfer"].fid
    assert 100 * (scratch - transfer) / scratch == pytest.approx(BY_MODEL["transfer"].quality_change_percent, abs=0.1)
    teacher, student = BY_MODEL["teacher"].fid, BY_ALPHA[0.05].fid
    assert 100 * (teacher - student) / teacher == pytest.approx(BY_ALPHA[0.05].quality_change_percent, abs=0.1)


def test_tables_have_the_theses_rows_and_figures(tmp_path: Path) -> None:
    table, key = collect(metrics(tmp_path), MODELS, ALPHAS)
    first = table_3_1(table, key)
    assert first.index.tolist() == ["teacher", "scratch", "transfer"]
    assert first["thesis_fid"].tolist() == [63.95, 114.58, 127.517]
    second = table_3_2(table, key)
    assert second["alpha"].tolist() == [0.3, 0.05]
    assert second["thesis_fid_vs_teacher"].tolist() == [32.07, 29.8]
    third = table_3_3(table)
    assert third["thesis_memory_ratio"].round(2).tolist() == [0.36, 0.47, 1.0]
    assert third["thesis_quality_change_percent"].tolist() == [-11.2, -7.4, 0.0]


def test_only_models_of_the_params_are_compared(tmp_path: Path) -> None:
    fewer = {name: dataset for name, dataset in MODELS.items() if name != "student_0.3"}
    table, _ = collect(metrics(tmp_path), fewer, {"student": 0.05})
    assert "student_0.3" not in table.index


def test_distances_of_different_extractors_are_not_compared(tmp_path: Path) -> None:
    other = {"extractor_sha256": "b"}
    with pytest.raises(ResultsError, match="different extractors"):
        collect(metrics(tmp_path, scratch=other), MODELS, ALPHAS)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = metrics(tmp_path)
    (folder / "cost" / "student.json").unlink()
    with pytest.raises(FileError, match=r"student\.json: no such file; `dvc repro` makes it"):
        collect(folder, MODELS, ALPHAS)


def test_markdown_has_a_row_per_model_and_no_nan(tmp_path: Path) -> None:
    table, _ = collect(metrics(tmp_path), MODELS, ALPHAS)
    lines = markdown(table).splitlines()
    assert len(lines) == len(MODELS) + 2
    assert len({line.count("|") for line in lines}) == 1
    assert "nan" not in markdown(table).lower()


def test_the_pipeline_and_the_report_name_the_same_models() -> None:
    import yaml

    (variables,) = yaml.safe_load((PROJECT / "dvc.yaml").read_text())["vars"]
    assert variables["models"] == DATASETS | {"student": "cats"}
