"""The whole report, from what stages left: of any data sets, without torch, all or nothing."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawn_figures import assert_nothing_overlaps, seen
from pipeline import PROJECT, call
from small_evaluations import evaluations_of, write
from small_study import dataset, row, small_study
from test_truncation_page import TRUNCATION

from frugalgan.config import places
from frugalgan.config.sections import ParamsError
from frugalgan.config.study import Study
from frugalgan.data.images import enlarged_grid, grid, read_rgb, write_png
from frugalgan.files import write_json
from frugalgan.report.report import write_report
from frugalgan.report.results import ResultsError

CATS = {
    "untrained": row(budget="none"),
    "teacher": row(),
    "scratch": row(data="dogs"),
    "transfer": row(data="dogs", source="teacher", start="transfer"),
    "student": row(method="kd", source="teacher", start="taught"),
    "cats_vae": row(method="vae"),
    "teacher_from_vae": row(source="cats_vae", start="decoder"),
}
FLOWERS = {
    "roses": row(data="my-flowers", method="dcgan", networks="conditional", seeds=2),
    "lilies": row(data="my-flowers"),
}
DATASETS = {"cats": dataset(), "dogs": dataset(), "my-flowers": dataset(source="/my/flowers", size=64, colour=False)}
COMPARE = {"pairs": ["transfer / scratch"], "significance": 0.05}
TABLES = [name for name in places.TABLES if name != "truncation"]
ALWAYS = {"samples.png"}
TRAINED = {"figure_3_3.png", "pareto.png", "quality_over_training.png"}


def images(study: Study, name: str, n: int) -> np.ndarray:
    data = study.data_of(name)
    return np.random.default_rng(0).integers(0, 256, (n, data.channels, data.size, data.size), np.uint8)


def left_by_stages(study: Study, rows: dict[str, Any], changes: dict[str, dict[str, Any]] | None = None) -> None:
    """All that the report reads, in the current folder."""
    evaluations = evaluations_of(study, rows, changes)
    write(evaluations)
    for name in study.rows:
        some = images(study, name, 12)
        places.samples(name).mkdir(parents=True)
        np.save(places.samples(name) / "samples.npy", some[None])
        write_png(places.samples(name) / "grid.png", enlarged_grid(some, columns=8))
        write_png(places.samples(name) / "fixed.png", enlarged_grid(some[:6], columns=6))
        record = places.record(name) / str(study.seed)
        write_json(record / "record.json", {"moments_kimg": [moment / 1000 for moment in range(11)]})
        write_png(record / "progress.png", grid(np.concatenate([some[:6]] * 11), columns=6))
        rows_of_losses = "1,1,0.5\n" if evaluations[name]["course"]["kimg"][-1] else ""
        (record / "history.csv").write_text(f"kimg,seconds{',loss' if rows_of_losses else ''}\n{rows_of_losses}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_report_of_three_data_sets_whatever_their_names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = small_study(CATS | FLOWERS, datasets=DATASETS, compare=COMPARE, students=[0.3])
    left_by_stages(study, CATS | FLOWERS)
    with seen(monkeypatch) as drawn:
        write_report(study)
    for figure in drawn:
        assert_nothing_overlaps(figure)
    assert found(folder / "results") == {"tables", "figures", "report.html", "comparison.md", "decoders.md"}
    assert found(folder / "results" / "tables") == {f"{name}.csv" for name in TABLES}
    figures = {f"figure_3_{number}.png" for number in range(1, 7)} | {"head_starts.png"}
    assert found(folder / "results" / "figures") == ALWAYS | TRAINED | figures
    assert all(read_rgb(path).std() > 10 for path in (folder / "results" / "figures").iterdir())
    tables = {name: pd.read_csv(folder / "results" / "tables" / f"{name}.csv", index_col=0) for name in TABLES}
    assert list(tables["comparison"].index) == list(study.rows)
    assert tables["comparison"].loc["roses", ["data", "spread", "seeds"]].tolist() == ["my-flowers", "seeds", 2]
    assert list(tables["head_starts"].index) == ["teacher_from_vae"]
    assert tables["verdicts"].loc["transfer", "over"] == "draws"
    text = (folder / "results" / "comparison.md").read_text()
    assert all(f"| {name} | " in text for name in study.rows) and "nan" not in text.lower()
    assert "Drawn pictures are drawn, not photographs." in text


def test_every_table_of_the_report_is_known_as_its_own(folder: Path) -> None:
    rows = {"untrained": row(budget="none")}
    study = small_study(rows)
    left_by_stages(study, rows)
    write({"untrained": evaluations_of(study, rows)["untrained"] | {"truncation": TRUNCATION}})
    write_report(study)
    assert found(folder / "results" / "tables") == {f"{name}.csv" for name in places.TABLES}


def test_a_report_of_pictures_of_ones_own_has_nothing_of_the_thesis(folder: Path) -> None:
    study = small_study(FLOWERS, datasets=DATASETS)
    left_by_stages(study, FLOWERS)
    write_report(study)
    assert found(folder / "results" / "figures") == ALWAYS | TRAINED
    text = (folder / "results" / "comparison.md").read_text()
    assert "of the thesis" not in text and "Drawn" not in text
    assert "No model of models.yaml starts as a decoder" in (folder / "results" / "decoders.md").read_text()


def test_a_report_of_models_that_were_not_trained(folder: Path) -> None:
    study = small_study({"untrained": row(budget="none")})
    left_by_stages(study, {"untrained": row(budget="none")})
    write_report(study)
    assert found(folder / "results" / "figures") == ALWAYS
    assert "| untrained | " in (folder / "results" / "comparison.md").read_text()


def test_what_was_there_stays_where_numbers_do_not_belong_together(folder: Path) -> None:
    study = small_study(FLOWERS, datasets=DATASETS)
    left_by_stages(study, FLOWERS)
    write_report(study)
    before = {path: path.read_bytes() for path in (folder / "results").rglob("*") if path.is_file()}
    evaluation = evaluations_of(study, FLOWERS)["lilies"]
    write({"lilies": evaluation | {"extractor_sha256": "b"}})
    with pytest.raises(ResultsError, match="models of my-flowers were measured by different extractors"):
        write_report(study)
    pairs = {"pairs": ["roses / daisies"], "significance": 0.05}
    write({"lilies": evaluation})
    with pytest.raises(ParamsError, match="no model daisies"):
        write_report(small_study(FLOWERS, datasets=DATASETS, compare=pairs))
    assert {path: path.read_bytes() for path in (folder / "results").rglob("*") if path.is_file()} == before


def test_nothing_of_the_report_imports_torch() -> None:
    script = (
        "import importlib, pkgutil, runpy, sys, frugalgan.report as room\n"
        "modules = [module.name for module in pkgutil.iter_modules(room.__path__)]\n"
        "assert {'report', 'figures', 'decoders'} <= set(modules)\n"
        "for name in modules: importlib.import_module(f'frugalgan.report.{name}')\n"
        "runpy.run_path('stages/report.py')\n"
        "assert 'torch' not in sys.modules"
    )
    call(PROJECT, sys.executable, "-c", script)


def test_models_of_another_domain_stand_in_a_table_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = small_study(CATS, compare=COMPARE, datasets=DATASETS)
    left_by_stages(study, CATS, {"transfer": {"content": 0.25}})
    write_report(study)
    section = Path("results/comparison.md").read_text().split("## Adapted to another domain")[1].split("##")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert [line.split("|")[1].strip() for line in rows] == ["model", "---", "transfer"]
    assert "0.25" in rows[2] and "102400" in rows[2]  # kiB of the file
