"""What models are measured by: features of real images, and what these score against each other."""

from typing import Annotated

import typer

from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.device import choose_device_aloud, device_name
from frugalgan.evaluation.features import extractor, save_features
from frugalgan.evaluation.reference import floor, reference
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import write_json


def main(name: Annotated[str, typer.Argument(metavar="DATASET", help="a key of `datasets` in params.yaml")]) -> None:
    """Write features of data/prepared/DATASET into data/reference, and what real images score into metrics/real."""
    study = load()
    dataset, settings = study.dataset(name), study.section("evaluate", Evaluate)
    places.claim(places.reference(name), places.floor(name))
    device = choose_device_aloud(settings.device)
    network = extractor(dataset.extractor, settings.weights_file, device)
    sets = reference(
        network,
        places.prepared(name),
        name=name,
        n=dataset.reference,
        seed=settings.seed,
        batch_size=settings.batch_size,
    )
    save_features(places.reference(name), sets)
    write_json(places.floor(name), floor(sets, settings, n=dataset.samples) | {"device": device_name(device)})


if __name__ == "__main__":
    run_stage(main)
