"""A model's evaluation into files: from the folders that stages before it left."""

from frugalgan.config import places
from frugalgan.config.study import Study
from frugalgan.data.images import write_png
from frugalgan.device import choose_device_aloud, device_name
from frugalgan.evaluation.evaluate import classifier_for, evaluate
from frugalgan.evaluation.extractors.chosen import chosen_extractors
from frugalgan.evaluation.features import load_features
from frugalgan.evaluation.judge import judges
from frugalgan.evaluation.measured import Measured, adapted_from, source_of
from frugalgan.evaluation.over_seeds import summary
from frugalgan.evaluation.settings import Evaluate
from frugalgan.evaluation.truncation import is_asked_for, truncation
from frugalgan.files import read_json, replaced, write_json
from frugalgan.networks.parts import ENCODER


def write_evaluation(study: Study, name: str) -> None:
    """Pictures, all numbers, and those that people compare; each appears whole. Raises FileError."""
    data, settings = study.row(name).data, study.section("evaluate", Evaluate)
    device, source = choose_device_aloud(settings.device), source_of(study, name)
    adapted = adapted_from(study, name)
    measured = Measured(
        weights=places.weights(name),
        record=places.record(name),
        samples=places.samples(name),
        prepared=places.prepared(data),
        judges=judges(
            chosen_extractors(study, data, settings, device), load_features(places.reference(data)), settings
        ),
        floor=read_json(places.floor(data), hint=f"`dvc repro reference@{data}` makes it"),
        source_samples=places.samples(source) if source else None,
        adapted_samples=places.samples(adapted) if adapted else None,
    )
    classifier = classifier_for(measured, settings)
    values, neighbours = evaluate(study, name, measured, classifier)
    pictures = {"neighbours": neighbours}
    if is_asked_for(name, settings):
        values["truncation"], pictures["truncation"] = truncation(study, name, measured, classifier)
    with replaced(places.pictures(name)) as folder:
        folder.mkdir()
        for title, picture in pictures.items():
            write_png(folder / f"{title}.png", picture)
        if ENCODER in values["parts"]:
            from frugalgan.evaluation.pictures import write_pictures  # matplotlib takes a second

            seed = str(values["seeds"][0])
            write_pictures(
                measured.weights / seed, measured.record / seed, measured.prepared, folder, seed=settings.seed
            )
    write_json(places.evaluation(name), values | {"device": device_name(device)})
    write_json(places.summary(name), summary(values))
