"""All models in one comparison: tables and figures into a folder."""

from pathlib import Path

import pandas as pd

from frugalgan.files import replaced
from frugalgan.report import decoders, figures
from frugalgan.report.over_training import over_training
from frugalgan.report.page import page
from frugalgan.report.results import collect
from frugalgan.report.tables import table_3_1, table_3_2, table_3_3, write_csv
from frugalgan.report.verdicts import verdicts
from frugalgan.sections import Params

DATASETS = {
    "untrained": "cats",
    "teacher": "cats",
    "scratch": "dogs",
    "transfer": "dogs",
    "teacher_from_vae": "cats",
    "teacher_from_wae": "cats",
}


def compare(params: Params, alphas: dict[str, float], *, models: Path, metrics: Path, results: Path) -> None:
    """Write all tables, comparison.md, decoders.md and figures/ into `results`.

    Models are those of `DATASETS` and the students of `alphas`, whatever else lies on disk. Raises ResultsError,
    FileError, and ParamsError for pairs of unknown models.
    """
    datasets = DATASETS | dict.fromkeys(alphas, "cats")
    pairs = params.compare.models(datasets)
    table, key = collect(metrics, datasets, alphas)
    starts = decoders.decoders(metrics, params.compare.significance)
    if params.data.source == "drawn":
        table["data"] = "drawn " + table["data"]
        starts["data"] = starts["data"].replace("cats", "drawn cats")
    trained = [name for name in datasets if table.loc[name, "seconds"] > 0]
    progress = over_training(metrics, trained, key)
    tables = {
        "table_3_1": table_3_1(table, key),
        "table_3_2": table_3_2(table, key),
        "table_3_3": table_3_3(table),
        "verdicts": verdicts(metrics, pairs, datasets, params.compare.significance),
    }
    for name, rows in (tables | {"comparison": table, "over_training": progress, "decoders": starts}).items():
        write_csv(rows, results / f"{name}.csv")
    with replaced(results / "comparison.md") as file:
        file.write_text(page(table, tables, key, params), encoding="utf-8")
    with replaced(results / "decoders.md") as file:
        file.write_text(decoders.page(starts, metrics, params.compare.significance), encoding="utf-8")
    with replaced(results / "figures") as folder:
        folder.mkdir()
        draw(table, progress, key, models, results, alphas, folder)
        decoders.plot(metrics, folder / "decoders.png")


def draw(
    table: pd.DataFrame,
    progress: pd.DataFrame,
    key: str,
    models: Path,
    results: Path,
    alphas: dict[str, float],
    folder: Path,
) -> None:
    """All figures, into `folder`."""
    students = sorted(alphas, key=lambda name: -alphas[name])
    titles = {name: f"{name} ({table.loc[name, 'data']}), {key} {table.loc[name, key]:.1f}" for name in table.index}
    figures.over_training(models, {"teacher": f"model 1 ({table.loc['teacher', 'data']})"}, folder / "figure_3_1.png")
    model_2 = {name: f"{name} ({table.loc[name, 'data']})" for name in ("transfer", "scratch")}
    figures.over_training(models, model_2, folder / "figure_3_2.png")
    figures.memory(table, folder / "figure_3_3.png")
    samples = {titles[name]: results / "samples" / f"{name}.png" for name in table.index}
    figures.side_by_side(samples, 3, folder / "figure_3_4.png")
    ends = {name: f"student, α = {alphas[name]:g}" for name in dict.fromkeys((students[-1], students[0]))}
    figures.over_training(models, ends, folder / "figure_3_5.png")
    fixed = {titles[name]: results / "fixed" / f"{name}.png" for name in ("teacher", *students)}
    figures.side_by_side(fixed, 1, folder / "figure_3_6.png")
    figures.pareto(table, key, folder / "pareto.png")
    figures.quality_over_training(progress, table, key, folder / "quality_over_training.png")
