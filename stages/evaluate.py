"""One model's quality: every metric of its samples, over training too, and its samples' nearest training images."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from frugalgan import params
from frugalgan.evaluation import evaluate, over_training, read_samples
from frugalgan.features import extract, extractor, facts_of_extractor, facts_of_images, load_features
from frugalgan.files import read_json, write_json
from frugalgan.images import write_png
from frugalgan.neighbours import neighbours_grid
from frugalgan.provenance import device_name
from frugalgan.reference import REFERENCE, TRAINING
from frugalgan.sampling import FIXED_SEED
from frugalgan.stage import run_stage
from frugalgan.training.hardware import choose_device


def main(
    samples: Annotated[Path, typer.Argument(help="folder of the model's PNGs; its name is the model's")],
    moments: Annotated[Path, typer.Argument(help=".npy of the model's images at moments of its training")],
    data: Annotated[Path, typer.Argument(help="folder of the prepared images that the model is measured by")],
    features: Annotated[Path, typer.Argument(metavar="REFERENCE", help=".npz of the data's features")],
    floor: Annotated[Path, typer.Argument(help="JSON of what real images score")],
    teacher: Annotated[Path, typer.Argument(help=".npz of the teacher's features")],
    out: Annotated[Path, typer.Argument(help="JSON of metrics to write")],
    progress: Annotated[Path, typer.Argument(help="JSON of metrics at the moments of training to write")],
    neighbours: Annotated[Path, typer.Argument(help="PNG of samples beside their nearest training images to write")],
) -> None:
    """Measure one model as section `evaluate` of params.yaml says."""
    p = params.load()
    real, of_teacher = load_features(features), load_features(teacher)[REFERENCE]
    n, n_floor = p.scale.samples, read_json(floor, mend="`dvc repro` makes it").get("n_floor")
    images = read_samples(samples, p.evaluate.repeats * n)
    device = choose_device(p.training.device)
    network = extractor(p.evaluate.extractor, p.evaluate.weights_file, device)
    seed, batch_size = p.sample.seed, p.evaluate.batch_size
    fake = extract(network, images, source=samples.name, seed=seed, batch_size=batch_size)
    logits = network.logits(fake.features)
    values = evaluate(fake, real, of_teacher, p.evaluate, n=n, n_floor=n_floor, logits=logits)
    shown = np.load(moments, mmap_mode="r")
    at_moments = extract(network, np.concatenate(shown), source=samples.name, seed=FIXED_SEED, batch_size=batch_size)
    over = over_training(at_moments, len(shown), real[REFERENCE], p.evaluate)
    training = np.load(data / "images.npy", mmap_mode="r")
    write_png(neighbours, neighbours_grid(images, fake.features, training, real[TRAINING].features))
    facts = facts_of_images("samples", at_moments) | facts_of_images(REFERENCE, real[REFERENCE])
    facts |= facts_of_extractor(at_moments) | {"device": device_name(device)}
    write_json(progress, over | {"model": samples.name, "n_per_moment": shown.shape[1]} | facts)
    write_json(out, values | {"device": device_name(device)})


if __name__ == "__main__":
    run_stage(main)
