"""What a folder of `frugalgan train` holds, for its export: names of labels, and what its model was measured by."""

from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.config import places
from frugalgan.data.arrays import load_array
from frugalgan.data.facts import FILE, read_facts
from frugalgan.evaluation.drawn import first_of_draws
from frugalgan.evaluation.features import extract, extractor, load_features
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.metrics.names import distance_key
from frugalgan.evaluation.reference import REFERENCE
from frugalgan.evaluation.scores import mean_and_sd
from frugalgan.export.layout import MODEL, PICTURES, WORK
from frugalgan.export.onnx_files import inputs
from frugalgan.export.write import Comparison
from frugalgan.files import read_json
from frugalgan.networks import Network
from frugalgan.networks.sampling import SAMPLES


def labels_of(model: Path, classes: int) -> tuple[str, ...]:
    """Names of the labels of a model that `frugalgan train` made, else their numbers."""
    prepared = model / WORK / places.prepared(PICTURES)
    if classes and (prepared / FILE).is_file():
        return read_facts(prepared).labels
    return tuple(map(str, range(classes)))


def comparison_of(model: Path, G: Network) -> Comparison | None:
    """How to measure a model that `frugalgan train` made as its evaluation did: by the same z, draws and real images;
    None of any other. Raises FileError."""
    work = model / WORK
    if not (work / places.evaluation(MODEL)).is_file():
        return None
    known = read_json(work / places.evaluation(MODEL), hint="`frugalgan train` measures the model")["quality"][0]
    draws, n, seed = known["draws"], known["n_per_draw"], known["samples_seed"]
    real = load_features(work / places.reference(PICTURES))[REFERENCE]
    network = extractor(real.provenance.extractor)
    drawn = load_array(work / places.samples(MODEL) / SAMPLES).shape[1]

    def measure(images: np.ndarray) -> dict[str, Any]:
        fake = extract(network, first_of_draws(images, draws, n), source=str(model), seed=seed, batch_size=16)
        distances = [frechet_distance(draw, real.features) for draw in np.split(fake.features, draws)]
        found = mean_and_sd(distance_key(network.name), distances)
        return {key: round(value, 3) for key, value in found.items()} | {"draws": draws, "n_per_draw": n}

    return Comparison(inputs(G, drawn, seed), measure)
