"""Pictures as their source has them: drawn ones, downloads, or copies of a folder's."""

from typing import Annotated

import typer

from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.data.sources import fetch


def main(name: Annotated[str, typer.Argument(metavar="DATASET", help="a key of `datasets` in params.yaml")]) -> None:
    """Fill data/fetched/DATASET from the data set's source; what it held before is replaced, other files never."""
    dataset = load().dataset(name)
    places.claim(places.fetched(name))
    fetch(dataset, places.fetched(name))


if __name__ == "__main__":
    run_stage(main)
