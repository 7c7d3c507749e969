"""What models are measured by: features of real images, and what these score against each other."""

from typing import Annotated

import typer

from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.evaluation.write_reference import write_reference


def main(name: Annotated[str, typer.Argument(metavar="DATASET", help="a key of `datasets` in params.yaml")]) -> None:
    """Write features of data/prepared/DATASET into data/reference, and what real images score into metrics/real."""
    study = load()
    study.dataset(name)
    places.claim(places.reference(name), places.floor(name))
    write_reference(study, name)


if __name__ == "__main__":
    run_stage(main)
