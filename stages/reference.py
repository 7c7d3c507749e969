"""What models are measured by: features of real images, or of a trained model's own."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.features import extractor, save_features
from frugalgan.files import write_json
from frugalgan.provenance import device_name
from frugalgan.reference import reference, reference_metrics
from frugalgan.stage import run_stage
from frugalgan.training.hardware import choose_device


def main(
    name: Annotated[str, typer.Argument(metavar="SET", help="name of the set in the metrics: cats, dogs, teacher")],
    source: Annotated[Path, typer.Argument(help="folder of prepared images, or of a model to draw images from")],
    out: Annotated[Path, typer.Argument(help=".npz of features to write")],
    metrics: Annotated[Path, typer.Argument(help="JSON to write: what real images score against real images")],
) -> None:
    """Extract features as section `evaluate` of params.yaml says; scales.*.samples of the images are the reference."""
    p = params.load()
    device = choose_device(p.training.device)
    network = extractor(p.evaluate.extractor, p.evaluate.weights_file, device)
    n, seed = p.scale.samples, p.sample.seed
    sets = reference(network, source, name=name, n=n, seed=seed, batch_size=p.evaluate.batch_size)
    values = reference_metrics(sets, p.evaluate, n=n, seed=seed)
    save_features(out, sets)
    write_json(metrics, values | {"device": device_name(device)})


if __name__ == "__main__":
    run_stage(main)
