"""A model of the study as files for other programs, measured as models are: by the same z and the same judges."""

from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.config import places
from frugalgan.config.study import Study
from frugalgan.data.facts import read_facts
from frugalgan.device import choose_device_aloud, device_name
from frugalgan.evaluation.drawn import first_of_draws
from frugalgan.evaluation.extractors.chosen import chosen_extractors
from frugalgan.evaluation.features import facts_of_extractor, load_features
from frugalgan.evaluation.judge import judges
from frugalgan.evaluation.metrics.names import distance_key
from frugalgan.evaluation.metrics.sliced_wasserstein import SlicedWasserstein
from frugalgan.evaluation.quality import of_pixels, quality
from frugalgan.evaluation.reference import REFERENCE, real_images
from frugalgan.evaluation.settings import Evaluate
from frugalgan.export.onnx_files import inputs
from frugalgan.export.write import BITS, Comparison, write_export
from frugalgan.files import from_project, write_json
from frugalgan.networks.store import load_generator
from frugalgan.report.settings import NONE, NPM, Export


def write_measured_export(study: Study, name: str) -> None:
    """The folder results/export/NAME, of the first seed, and what its files are worth, as JSON. Raises ExportError."""
    row, dataset = study.row(name), study.data_of(name)
    settings, wanted = study.section("evaluate", Evaluate), study.section("export", Export)
    device = choose_device_aloud(settings.device)
    panel = judges(
        chosen_extractors(study, row.data, settings, device), load_features(places.reference(row.data)), settings
    )
    prepared, real = places.prepared(row.data), panel[0].real[REFERENCE]
    n = min(dataset.samples, real.provenance.n)
    pixels = SlicedWasserstein(real_images(prepared, n=dataset.reference, seed=settings.seed)[REFERENCE], settings.seed)

    def measure(images: np.ndarray) -> dict[str, Any]:
        draws = first_of_draws(images, settings.repeats, n)
        found = of_pixels(draws, pixels, settings)
        for judge in panel:
            fake = judge.features(draws, name, settings.seed)
            found |= quality(fake, {REFERENCE: judge.real[REFERENCE]}, None, settings, n=n, floor_n=None)
        return {"quality": found}

    G = load_generator(places.weights(name) / str(study.seeds(name)[0]))
    facts = write_export(
        G,
        places.export(name),
        title=f"Images by {name}",
        labels=read_facts(prepared).labels if G.classes else (),
        runtime=None if wanted.runtime == NPM else from_project(Path(wanted.runtime)),
        page=wanted.runtime != NONE,
        comparison=Comparison(inputs(G, settings.repeats * dataset.samples, settings.seed), measure),
    )
    values = {
        "model": name,
        "data": row.data,
        "seed": study.seeds(name)[0],
        "distance": distance_key(panel[0].network.name),
        **facts_of_extractor(real),
        "device": device_name(device),
        "files": {bits: facts[bits] for bits in BITS},
    }
    for second in panel[1:]:
        values |= {"second_distance": distance_key(second.network.name), "second_extractor": second.network.name}
    write_json(places.exported(name), values)
