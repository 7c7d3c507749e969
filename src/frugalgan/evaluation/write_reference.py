"""What models of a data set are measured by, into files."""

from frugalgan.config import places
from frugalgan.config.study import Study
from frugalgan.device import choose_device_aloud, device_name
from frugalgan.evaluation.extractors.chosen import chosen_extractors
from frugalgan.evaluation.features import save_features
from frugalgan.evaluation.reference import floor, real_images, reference
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import write_json


def write_reference(study: Study, data: str) -> None:
    """Features of a data set's real images, and what these score against each other. Raises FileError."""
    dataset, settings = study.dataset(data), study.section("evaluate", Evaluate)
    device = choose_device_aloud(settings.device)
    prepared, sets = places.prepared(data), {}
    choice = {"n": dataset.reference, "seed": settings.seed}
    values = {"device": device_name(device)}
    images = real_images(prepared, **choice)
    for prefix, network in chosen_extractors(study, data, settings, device).items():
        found = reference(network, prepared, name=data, batch_size=settings.batch_size, **choice)
        sets |= {f"{prefix}{name}": item for name, item in found.items()}
        values = floor(found, settings, n=dataset.samples, images=None if prefix else images) | values
    save_features(places.reference(data), sets)
    write_json(places.floor(data), values)
