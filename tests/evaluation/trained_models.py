"""Trained models as stages leave them, made by hand: images, moments of training, and what these are measured by."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from mean_colour import COLOUR

from frugalgan.config.study import Study
from frugalgan.data.facts import DataFacts, write_facts
from frugalgan.evaluation.evaluate import classifier_for, evaluate
from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.judge import Judge
from frugalgan.evaluation.measured import Measured
from frugalgan.evaluation.reference import floor, reference
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import write_json

SIZES = {"image_size": 8, "latent_size": 2, "width": 1}  # of generators that no test runs
RECORD: dict[str, Any] = {
    "model": "m", "data": "cats", "seed": 0, "settings": {}, "parts": ["generator", "critic"], "kimg": 1.0,
    "batch_size": 10, "device": "CPU", "processes": 1, "precision": "float32", "versions": {"torch": "2"},
    "moments_kimg": [0.0, 1.0], "moments_seconds": [0.0, 2.0], "seconds": 2.0, "peak_training_bytes": 3 * 2**20,
    "generator_bytes": 2**20, "trained_parameters": 7, "generator_parameters": 5,
}  # fmt: skip


def prepared(folder: Path, images: np.ndarray, labels: np.ndarray | None = None, heldout: int = 0) -> Path:
    """A prepared data set; the last `heldout` images are held out."""
    folder.mkdir()
    parts = {"images": slice(None, len(images) - heldout), "heldout": slice(len(images) - heldout, None)}
    for name, chosen in parts.items():
        np.save(folder / f"{name}.npy", images[chosen])
        if labels is not None:
            np.save(folder / f"{'' if name == 'images' else 'heldout_'}labels.npy", labels[chosen].astype(np.uint8))
    names = () if labels is None else tuple(str(label) for label in range(int(labels.max()) + 1))
    write_facts(folder, DataFacts(images.shape[-1], images.shape[1], False, names))
    return folder


def measured(study: Study, data: str, folder: Path, pictures: Path, network: Extractor = COLOUR) -> Measured:
    """By what models of that data set, prepared in `pictures`, are measured; the model's own folders are in `folder`"""
    settings, dataset = study.section("evaluate", Evaluate), study.dataset(data)
    sets = reference(network, pictures, name=data, n=dataset.reference, seed=settings.seed, batch_size=20)
    return Measured(
        weights=folder / "weights",
        record=folder / "record",
        samples=folder / "samples",
        prepared=pictures,
        judges=[Judge(network, sets, "", settings)],
        floor=floor(sets, settings, n=dataset.samples),
        source_samples=None,
    )


def trained(folder: Path, images: np.ndarray, moments: np.ndarray, *, classes: int = 0, **record: Any) -> Path:
    """`images` (seeds, draws · n, …) at the end and (seeds, moments, n, …) over training, of seeds 0, 1, …"""
    (folder / "samples").mkdir(parents=True)
    np.save(folder / "samples" / "samples.npy", images)
    for seed, shown in enumerate(moments):
        described = {"generator": {"network": "dcgan.Generator", "arguments": SIZES | {"classes": classes}}}
        write_json(folder / "weights" / str(seed) / "networks.json", described)
        write_json(folder / "record" / str(seed) / "record.json", RECORD | {"seed": seed} | record)
        np.save(folder / "record" / str(seed) / "moments.npy", shown)
    return folder


def values_of(study: Study, name: str, by: Measured, teacher: Path | None = None) -> dict[str, Any]:
    """What `evaluate` says of that model."""
    classifier = classifier_for(by, study.section("evaluate", Evaluate))
    return evaluate(study, name, replace(by, source_samples=teacher), classifier)[0]
