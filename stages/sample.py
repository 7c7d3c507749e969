"""A trained model's images: one array, and a grid that one can look at."""

from typing import Annotated

import typer

from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.evaluation.settings import Evaluate
from frugalgan.networks.sampling import write_samples


def main(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="a row of models.yaml, or student_<α> of `students`")],
) -> None:
    """Draw images of each seed's generator into samples/MODEL, of the same z for every model."""
    study = load()
    settings = study.section("evaluate", Evaluate)
    places.claim(places.samples(name))
    write_samples(
        [places.weights(name) / str(seed) for seed in study.seeds(name)],
        places.samples(name),
        draws=settings.repeats,
        n=study.data_of(name).samples,
        seed=settings.seed,
    )


if __name__ == "__main__":
    run_stage(main)
