"""What models are measured by: features of real images, or of a trained model's own."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.evaluation import reference, reference_metrics
from frugalgan.features import extractor, save_features
from frugalgan.files import write_json
from frugalgan.provenance import device_name
from frugalgan.stage import run_stage
from frugalgan.training.hardware import choose_device


def main(
    name: Annotated[str, typer.Argument(metavar="SET", help="name of the set in the metrics: cats, dogs, teacher")],
    source: Annotated[Path, typer.Argument(help="folder of prepared images, or of a model to draw images from")],
    out: Annotated[Path, typer.Argument(help=".npz of features to write")],
    metrics: Annotated[Path, typer.Argument(help="JSON of the floor (real against held-out real) to write")],
) -> None:
    """Extract the features of scales.*.samples images as section `evaluate` of params.yaml says."""
    p = params.load()
    device = choose_device(p.training.device)
    network = extractor(p.evaluate.extractor, p.evaluate.weights_file, device)
    n, batch_size = p.scale.samples, p.evaluate.batch_size
    sets = reference(network, source, name=name, n=n, seed=p.seed, batch_size=batch_size)
    save_features(out, sets)
    write_json(metrics, reference_metrics(sets) | {"device": device_name(device)})


if __name__ == "__main__":
    run_stage(main)
