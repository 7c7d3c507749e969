"""One model's quality and cost: every metric with its spread, over training too, and pictures of how it does."""

from typing import Annotated

import typer

from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.data.images import write_png
from frugalgan.device import choose_device, device_name
from frugalgan.evaluation.evaluate import Measured, evaluate, source_of, summary
from frugalgan.evaluation.features import extractor, load_features
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import read_json, replaced, write_json


def main(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="a row of models.yaml, or student_<α> of `students`")],
) -> None:
    """Write metrics/MODEL.json (what people compare), metrics/evaluations/MODEL.json (all), results/pictures/MODEL."""
    study = load()
    data, settings = study.row(name).data, study.section("evaluate", Evaluate)
    device, source = choose_device(settings.device), source_of(study, name)
    network = extractor(study.dataset(data).extractor, settings.weights_file, device)
    measured = Measured(
        weights=places.weights(name),
        record=places.record(name),
        samples=places.samples(name),
        prepared=places.prepared(data),
        features=load_features(places.reference(data)),
        floor=read_json(places.floor(data), hint=f"`dvc repro reference@{data}` makes it"),
        source_samples=places.samples(source) if source else None,
    )
    values, neighbours = evaluate(study, name, measured, network)
    with replaced(places.pictures(name)) as folder:
        folder.mkdir()
        write_png(folder / "neighbours.png", neighbours)
        first = str(values["seeds"][0])
        if "encoder" in values["parts"]:
            from frugalgan.evaluation.pictures import write_pictures  # matplotlib takes a second

            write_pictures(
                measured.weights / first, measured.record / first, measured.prepared, folder, seed=settings.seed
            )
    write_json(places.evaluation(name), values | {"device": device_name(device)})
    write_json(places.summary(name), summary(values))


if __name__ == "__main__":
    run_stage(main)
