"""One model's quality and cost: every metric with its spread, over training too, and pictures of how it does."""

from typing import Annotated

import typer

from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.evaluation.write import write_evaluation


def main(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="a row of models.yaml, or student_<α> of `students`")],
) -> None:
    """Write metrics/MODEL.json (what people compare), metrics/evaluations/MODEL.json (all), results/pictures/MODEL."""
    study = load()
    places.claim(places.summary(name), places.evaluation(name), places.pictures(name))
    write_evaluation(study, name)


if __name__ == "__main__":
    run_stage(main)
