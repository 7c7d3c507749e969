"""Does a choice in params.yaml or models.yaml change quality? One model trained with each choice, from several seeds.

Needs what `dvc repro` left of the data set and of the model that it starts from; changes nothing but a folder of its
own.
"""

import copy
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
import yaml

from frugalgan.command import Resume
from frugalgan.config import places
from frugalgan.config.params import read_yaml
from frugalgan.config.sections import RANDOM
from frugalgan.config.study import MODELS, PARAMS, Study, load, study
from frugalgan.evaluation.features import extract, extractor, load_features
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.reference import REFERENCE
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import read_json
from frugalgan.methods.pool import write_pool
from frugalgan.networks.sampling import generate
from frugalgan.networks.store import load_generator
from frugalgan.report.settings import Compare
from frugalgan.report.tables import markdown
from frugalgan.report.verdicts import Compared, judge
from frugalgan.training.job import job
from frugalgan.training.run import run
from frugalgan.training.source import seed_folder

MIB = 2**20
ADDED = ("pools",)  # sections that a choice may add keys to


def varied(choice: str, seed: int) -> Study:
    """The study with `section.key=value`, comma-separated, and the seed set; `models` is a section, too."""
    raw: dict[str, Any] = copy.deepcopy(read_yaml(PARAMS) | read_yaml(MODELS))
    for change in filter(None, choice.split(",")):
        path, _, value = change.partition("=")
        section = raw
        *parents, key = path.split(".")
        may_add = path.partition(".")[0] in ADDED
        for parent in parents:
            section = section.setdefault(parent, {}) if may_add else section.get(parent, {})
        if key not in section and not may_add:
            raise typer.BadParameter(f"{path}: no such key in {PARAMS} or {MODELS}")
        section[key] = yaml.safe_load(value)
    rows = raw.pop("models")
    return study(raw | {"seed": seed}, {"models": rows})


def train(model: str, choice: str, seed: int, folder: Path) -> dict[str, Any]:
    """Record and distance of one training."""
    chosen = varied(choice, seed)
    row, dataset, settings = chosen.row(model), chosen.data_of(model), chosen.section("evaluate", Evaluate)
    source = None if row.source == RANDOM else places.weights(row.source)
    if pool := chosen.pools.get(row.source):
        source = folder / "pool"
        teacher = seed_folder(places.weights(pool.source), seed)
        write_pool(teacher, source / str(seed), n=pool.images, seed=seed)
    run(
        replace(job(chosen, model), seeds=(seed,)),
        data=places.prepared(row.data),
        out=folder / model,
        snapshots=folder / "snapshots",
        resume=Resume.NOT,
        source=source,
    )
    G = load_generator(folder / model / "weights" / str(seed))
    images = generate(G, n=dataset.samples, seed=settings.seed).numpy()
    network = extractor(dataset.extractor, settings.weights_file)
    fake = extract(network, images, source=model, seed=settings.seed, batch_size=settings.batch_size)
    real = load_features(places.reference(row.data))[REFERENCE]
    record = read_json(folder / model / "record" / str(seed) / "record.json", hint="training writes it")
    return record | {"distance": frechet_distance(fake.features, real.features)}


def main(
    model: Annotated[str, typer.Option(help="a row of models.yaml")],
    choices: Annotated[list[str], typer.Option("--choice", help="section.key=value,…; the first is compared with")],
    seeds: Annotated[int, typer.Option(help="trainings of each choice, in turn", min=2)] = 3,
) -> None:
    """Mean ± standard deviation over the seeds, and Welch's t-test of each further choice against the first.

    Such as: --model transfer --choice wgan_gp.penalty_at=image --choice wgan_gp.penalty_at=features; or --model student
    --choice "" --choice pools.made.from=teacher,pools.made.images=2000,models.student.from=made
    """
    found: dict[str, list[dict[str, Any]]] = {choice or "as it stands": [] for choice in choices}
    for seed in range(seeds):
        for choice, results in zip(choices, found.values(), strict=True):
            with tempfile.TemporaryDirectory() as folder:
                results.append(train(model, choice, seed, Path(folder)))
    typer.echo(f"{model}, {seeds} seeds")
    for choice, results in found.items():
        distances = [result["distance"] for result in results]
        typer.echo(
            f"{choice:40} distance {np.mean(distances):.1f} ± {np.std(distances, ddof=1):.1f} "
            f"({', '.join(f'{distance:.1f}' for distance in distances)}), "
            f"{np.median([result['seconds'] for result in results]):.3g} s, "
            f"peak {results[0]['peak_training_bytes'] / MIB:.1f} MiB"
        )
    first, *others = [(choice, [result["distance"] for result in results]) for choice, results in found.items()]
    significance = load().section("compare", Compare).significance
    typer.echo(markdown(judge([Compared(*other, *first) for other in others], significance)))


if __name__ == "__main__":
    typer.run(main)
