"""Pictures → square images as one array, held-out ones apart, and their labels."""

from typing import Annotated

import typer

from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.data.prepare import prepare
from frugalgan.data.settings import Prepare


def main(name: Annotated[str, typer.Argument(metavar="DATASET", help="a key of `datasets` in params.yaml")]) -> None:
    """Crop and resize all pictures of a data set into data/prepared/DATASET; rejected.csv says what was left out."""
    study = load()
    settings = study.section("prepare", Prepare)
    places.claim(places.prepared(name))
    report = prepare(places.fetched(name), places.prepared(name), study.dataset(name), settings)
    print(f"{name}: {report}")


if __name__ == "__main__":
    run_stage(main)
