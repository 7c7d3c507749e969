"""All models in one comparison: tables and figures into a folder."""

from pathlib import Path

import pandas as pd

from frugalgan.files import replaced
from frugalgan.report import figures
from frugalgan.report.results import collect
from frugalgan.report.tables import markdown, table_3_1, table_3_2, table_3_3, write_csv

DATASETS = {"untrained": "cats", "teacher": "cats", "scratch": "dogs", "transfer": "dogs"}


def compare(results: Path, *, models: Path, metrics: Path, alphas: dict[str, float], scale: str, source: str) -> None:
    """Write tables 3.1, 3.2, 3.3, comparison.csv, comparison.md and figures/ into `results`.

    Models are those of `DATASETS` and the students of `alphas`, whatever else lies on disk. Raises ResultsError.
    """
    table, key = collect(metrics, DATASETS | dict.fromkeys(alphas, "cats"), alphas)
    if source == "drawn":
        table["data"] = "drawn " + table["data"]
    tables = {"table_3_1": table_3_1(table, key), "table_3_2": table_3_2(table, key), "table_3_3": table_3_3(table)}
    for name, rows in (tables | {"comparison": table}).items():
        write_csv(rows, results / f"{name}.csv")
    with replaced(results / "comparison.md") as file:
        file.write_text(page(table, tables, key, scale, source), encoding="utf-8")
    with replaced(results / "figures") as folder:
        folder.mkdir()
        draw(table, key, models, results, alphas, folder)


def page(table: pd.DataFrame, tables: dict[str, pd.DataFrame], key: str, scale: str, source: str) -> str:
    """The comparison as Markdown."""
    data = "drawn pictures, not photographs" if source == "drawn" else "photographs"
    titles = {
        "table_3_1": "Table 3.1: transfer learning",
        "table_3_2": "Table 3.2: knowledge distillation",
        "table_3_3": "Table 3.3: summary, relative to ordinary training",
    }
    parts = [
        f"# Comparison at scale `{scale}` on {data}\n",
        f"`{key}` is the Fréchet distance (less is better). `…_floor` is that of held-out real images: no model can be "
        "expected below it. Figures of the thesis stand beside ours for their ratios; absolute values compare only at "
        "scale `paper` with the Inception extractor, on photographs. `α` and `ratio` are plain numbers, memory in MiB, "
        "time in seconds.\n",
        markdown(table),
    ]
    for name, title in titles.items():
        parts += [f"## {title}\n", markdown(tables[name])]
    return "\n".join(parts)


def draw(table: pd.DataFrame, key: str, models: Path, results: Path, alphas: dict[str, float], folder: Path) -> None:
    """All figures, into `folder`."""
    extremes = sorted(alphas, key=lambda name: alphas[name])
    titles = {name: f"{name} ({table.loc[name, 'data']}), {key} {table.loc[name, key]:.1f}" for name in table.index}
    students = [name for name in reversed(extremes)]
    figures.over_training(models, {"teacher": f"model 1 ({table.loc['teacher', 'data']})"}, folder / "figure_3_1.png")
    model_2 = {name: f"{name} ({table.loc[name, 'data']})" for name in ("transfer", "scratch")}
    figures.over_training(models, model_2, folder / "figure_3_2.png")
    figures.memory(table, folder / "figure_3_3.png")
    samples = {titles[name]: results / "samples" / f"{name}.png" for name in table.index}
    figures.side_by_side(samples, 3, folder / "figure_3_4.png")
    ends = {name: f"student, α = {alphas[name]:g}" for name in dict.fromkeys((extremes[0], extremes[-1]))}
    figures.over_training(models, ends, folder / "figure_3_5.png")
    fixed = {titles[name]: results / "fixed" / f"{name}.png" for name in ("teacher", *students)}
    figures.side_by_side(fixed, 1, folder / "figure_3_6.png")
    figures.trade_off(table, key, folder / "trade_off.png")
