"""One model's quality: the Fréchet distance of its samples to the data, and to the teacher's images."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.evaluation import REFERENCE, evaluate, read_samples
from frugalgan.features import extract, extractor, load_features
from frugalgan.files import write_json
from frugalgan.provenance import device_name
from frugalgan.stage import run_stage
from frugalgan.training.hardware import choose_device


def main(
    samples: Annotated[Path, typer.Argument(help="folder of the model's PNGs; its name is the model's")],
    data: Annotated[Path, typer.Argument(metavar="REFERENCE", help=".npz of the data's features")],
    out: Annotated[Path, typer.Argument(help="JSON of metrics to write")],
    teacher: Annotated[Path | None, typer.Option(help=".npz of the teacher's features")] = None,
) -> None:
    """Measure one model as section `evaluate` of params.yaml says."""
    p = params.load()
    real = load_features(data, REFERENCE)
    of_teacher = load_features(teacher, REFERENCE) if teacher else None
    images = read_samples(samples, p.scale.samples)
    device = choose_device(p.training.device)
    network = extractor(p.evaluate.extractor, p.evaluate.weights_file, device)
    fake = extract(network, images, source=samples.name, seed=p.sample.seed, batch_size=p.evaluate.batch_size)
    write_json(out, evaluate(fake, real, of_teacher) | {"device": device_name(device)})


if __name__ == "__main__":
    run_stage(main)
