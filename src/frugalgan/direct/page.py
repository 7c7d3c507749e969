"""report.html of a model's folder: what it draws, how it came to that, and what it may have copied, in one file."""

import base64
from contextlib import chdir
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment
from matplotlib.figure import Figure

from frugalgan.config import places
from frugalgan.direct.card import facts
from frugalgan.direct.values import MODEL, PAGE, Choice, study_of
from frugalgan.files import read_json, replaced
from frugalgan.report.html import course, pictures

HISTORY = "history.csv"


def write_page(choice: Choice, out: Path, work: Path) -> None:
    """report.html of the folder `out`, from what the stages left in `work`."""
    with chdir(work):
        evaluation = read_json(places.evaluation(MODEL), hint="the same command measures the model")
        history = pd.read_csv(places.record(MODEL) / str(choice.seed) / HISTORY)
        template = Environment(autoescape=True).from_string(
            resources.files("frugalgan.direct").joinpath("page.html").read_text(encoding="utf-8")
        )
        text = template.render(
            title=f"A generator of {choice.size}×{choice.size} px images",
            data=choice.pictures,
            facts=facts(choice, evaluation),
            pictures=pictures(MODEL),
            course=course(study_of(choice), MODEL, evaluation),
            curves=curves(evaluation, history),
        )
    with replaced(out / PAGE) as file:
        file.write_text(text, encoding="utf-8")


def curves(evaluation: dict[str, Any], history: pd.DataFrame) -> str:
    """Distance and losses over thousands of images seen, as an SVG's data URL."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    quality, losses = figure.subplots(1, 2)
    quality.plot(evaluation["course"]["kimg"], evaluation["course"]["distance"][0], marker="o", markersize=3)
    quality.set_title(f"distance, {evaluation['n_per_moment']} images at each moment", fontsize=9)
    for name in history.columns.difference(["kimg", "seconds"], sort=False):
        losses.plot(history["kimg"], history[name], label=name, linewidth=1)
    losses.set_title("losses", fontsize=9)
    losses.legend(fontsize=7)
    for axis in (quality, losses):
        axis.set_xlabel("thousands of images seen", fontsize=8)
        axis.tick_params(labelsize=7)
    drawn = BytesIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"
