"""Does a choice in params change quality? One model trained with each choice, from several seeds.

Needs what `dvc repro train_teacher reference pool` leaves at the chosen scale; changes nothing but a folder of its own.
"""

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
import yaml

from frugalgan.config import params
from frugalgan.evaluation.features import extract, extractor, load_features
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.networks.store import load_generator
from frugalgan.pipeline import planned
from frugalgan.methods.pool import write_pool
from frugalgan.evaluation.reference import REFERENCE
from frugalgan.report.tables import markdown
from frugalgan.report.verdicts import judge
from frugalgan.networks.sampling import generate
from frugalgan.training.run import run

MIB = 2**20
DOGS = ("scratch", "transfer")
CPU_BATCH = 8


def varied(choice: str, seed: int, file: Path) -> None:
    """params.yaml with `section.key=value`, comma-separated, and the seed set, as `file`."""
    raw = yaml.safe_load(params.PARAMS.read_text(encoding="utf-8"))
    for change in filter(None, choice.split(",")):
        path, _, value = change.partition("=")
        section = raw
        *parents, key = path.split(".")
        for parent in parents:
            section = section[parent]
        if key not in section:
            raise typer.BadParameter(f"{path}: no such key in {params.PARAMS}")
        section[key] = yaml.safe_load(value)
    file.write_text(yaml.safe_dump(raw | {"seed": seed}), encoding="utf-8")


def train(model: str, choice: str, seed: int, folder: Path) -> dict[str, Any]:
    """Cost and distance of one training."""
    file = folder / "params.yaml"
    varied(choice, seed, file)
    p = params.load(file)
    n, teacher = p.scale.samples, Path("models/teacher")
    source = None if model in ("teacher", "scratch") else teacher
    if params.pool(file) and model.startswith("student"):
        source = folder / "pool"
        write_pool(teacher, source, n=params.pool(file), seed=seed, batch_size=CPU_BATCH)
    data = "dogs" if model in DOGS else "cats"
    prepared = Path("data/processed") / data
    run(
        planned(p, model, file),
        p,
        data=prepared,
        out=folder / model,
        cost=folder / "cost.json",
        snapshots=folder,
        fresh=True,
        source=source,
    )
    images = generate(load_generator(folder / model), n=n, seed=p.sample.seed, batch_size=CPU_BATCH)
    network = extractor(p.evaluate.extractor)
    fake = extract(network, images, source=model, seed=p.sample.seed, batch_size=CPU_BATCH)
    real = load_features(Path("data/reference") / f"{data}.npz")[REFERENCE]
    cost = json.loads((folder / "cost.json").read_text(encoding="utf-8"))
    return cost | {"distance": frechet_distance(fake.features, real.features)}


def main(
    model: Annotated[str, typer.Option(help="a model of params.yaml")],
    choices: Annotated[list[str], typer.Option("--choice", help="section.key=value,…; the first is compared with")],
    seeds: Annotated[int, typer.Option(help="trainings of each choice, in turn")] = 3,
) -> None:
    """Mean ± standard deviation over the seeds, and Welch's t-test of each further choice against the first."""
    found: dict[str, list[dict[str, Any]]] = {choice: [] for choice in choices}
    for seed in range(seeds):
        for choice, results in found.items():
            with tempfile.TemporaryDirectory() as folder:
                results.append(train(model, choice, seed, Path(folder)))
    typer.echo(f"{model}, {seeds} seeds")
    for choice, results in found.items():
        distances = [result["distance"] for result in results]
        typer.echo(
            f"{choice:40} distance {np.mean(distances):.1f} ± {np.std(distances, ddof=1):.1f} "
            f"({', '.join(f'{distance:.1f}' for distance in distances)}), "
            f"{np.median([result['seconds'] for result in results]):.0f} s, "
            f"peak {results[0]['peak_training_bytes'] / MIB:.1f} MiB"
        )
    first, *others = [(choice, [result["distance"] for result in results]) for choice, results in found.items()]
    typer.echo(markdown(judge([(*other, *first) for other in others], params.load().compare.significance)))


if __name__ == "__main__":
    typer.run(main)
