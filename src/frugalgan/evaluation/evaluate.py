"""One model, all of its seeds: its quality at the end and over training, what it cost, and pictures of how it does."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.config.sections import RANDOM
from frugalgan.config.study import Study
from frugalgan.data.facts import IMAGES, read_facts
from frugalgan.data.styles import in_turn
from frugalgan.evaluation.classifier import Classifier, agreement, classifier_of, has_labels
from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.features import FeatureSet, extract, facts_of_extractor, facts_of_images
from frugalgan.evaluation.metrics.content import content_kept
from frugalgan.evaluation.metrics.names import CLASSIFIER, SWD, distance_key, metric_key
from frugalgan.evaluation.metrics.sliced_wasserstein import SlicedWasserstein
from frugalgan.evaluation.neighbours import neighbours_grid
from frugalgan.evaluation.quality import of_pixels, over_training, quality
from frugalgan.evaluation.reference import REFERENCE, SECOND, TRAINING, real_images
from frugalgan.evaluation.scores import mean_and_sd
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import FileError, read_json
from frugalgan.networks.parts import GENERATOR
from frugalgan.networks.sampling import FIXED_SEED, OTHERS, SAMPLES
from frugalgan.networks.store import read_networks
from frugalgan.networks.stylegan2.adaptations import HYPERNETWORKS

MIB = 2**20
SUMMARY = ("precision", "recall", "coverage", "variety")  # of metrics, beside the distances
NOT_KEPT = ("settings", "versions", "model", "seed", "parts", "device", "precision", "processes")  # of records


@dataclass(frozen=True)
class Measured:
    """What is measured of a model, and by what: folders and files of stages before."""

    weights: Path  # a folder per seed
    record: Path  # a folder per seed
    samples: Path
    prepared: Path
    features: dict[str, FeatureSet]  # of real images
    second: dict[str, FeatureSet]  # … by the second network; none without one
    floor: dict[str, Any]
    source_samples: Path | None  # of the model that it learnt from, where it had a teacher
    adapted_samples: Path | None = None  # … that it was adapted from, to another data set


def evaluate(
    study: Study,
    name: str,
    measured: Measured,
    extractor: Extractor,
    second: Extractor | None = None,
    classifier: Classifier | None = None,
) -> tuple[dict[str, Any], np.ndarray]:
    """All numbers of a model, as JSON values, and its samples beside their nearest training images, (H, W, 3) uint8.

    `classifier`: of the data set, where it has labels.
    `quality`, `records` and each list of `course` but kimg have an entry per seed. Raises FileError.
    """
    row, dataset, seeds = study.row(name), study.data_of(name), study.seeds(name)
    settings = study.section("evaluate", Evaluate)
    images = _array(measured.samples / SAMPLES)
    if len(images) != len(seeds) or images.shape[1] != settings.repeats * dataset.samples:
        raise FileError(f"{measured.samples / SAMPLES}: not the samples that params.yaml asks for; run `dvc repro`")
    records = [read_json(measured.record / str(seed) / "record.json", hint="run `dvc repro`") for seed in seeds]
    if any(record["moments_kimg"] != records[0]["moments_kimg"] for record in records):
        raise FileError(
            f"{measured.record}: seeds were trained for different times; run `dvc repro --force train@{name}`"
        )
    moments = [np.load(measured.record / str(seed) / "moments.npy", mmap_mode="c") for seed in seeds]
    floor_n = (measured.floor["n_floor"], measured.floor["n_floor_reference"]) if "n_floor" in measured.floor else None
    others = None if measured.source_samples is None else _array(measured.source_samples / OTHERS)
    adapted = None if measured.adapted_samples is None else _array(measured.adapted_samples / SAMPLES)

    n = min(dataset.samples, measured.features[REFERENCE].provenance.n)  # no more than real ones

    def features(network: Extractor, pixels: np.ndarray, of: str, seed: int) -> FeatureSet:
        return extract(network, pixels, source=of, seed=seed, batch_size=settings.batch_size)

    pixels = SlicedWasserstein(
        real_images(measured.prepared, n=dataset.reference, seed=settings.seed)[REFERENCE], settings.seed
    )
    results, courses, first = [], [], None
    for place, seed in enumerate(seeds):
        title, draws, seen = f"{name}, seed {seed}", first_of_draws(images[place], settings.repeats, n), moments[place]
        result = of_pixels(draws, pixels, settings) | _scores_of_classes(classifier, draws, settings)
        course: dict[str, list[float]] = {SWD: [pixels(some) for some in seen]}
        for network, real in ((extractor, measured.features), (second, measured.second)):
            if network is None:
                continue
            fake = features(network, draws, title, settings.seed)
            first = first if first is not None else fake.features
            taught = None
            if others is not None:
                taught = features(network, others[min(place, len(others) - 1)], row.source, settings.seed)
            if adapted is not None:
                theirs = in_turn(adapted[min(place, len(adapted) - 1)][:n], dataset.styles)
                pairs = features(network, theirs, row.source, settings.seed)
                result[metric_key("content", network.name)] = content_kept(fake.features[:n], pairs.features)
            logits = network.logits(fake.features)
            result |= quality(fake, real, taught, settings, n=n, floor_n=floor_n, logits=logits)
            over = over_training(
                features(network, np.concatenate(seen), title, FIXED_SEED), len(seen), real[REFERENCE], settings
            )
            course |= over if network is extractor else {f"{SECOND}{key}": values for key, values in over.items()}
        results.append(result)
        courses.append(course)
    assert first is not None
    real = measured.features[REFERENCE]
    values = {
        "model": name,
        "data": row.data,
        "method": row.method,
        "networks": row.networks,
        "from": row.source,
        "start": row.start,
        "budget": row.budget,
        "recipe": row.recipe,
        "parts": records[0]["parts"],
        "distance": distance_key(extractor.name),
        "seeds": seeds,
        "quality": results,
        "floor": measured.floor,
        "course": {
            "kimg": records[0]["moments_kimg"],
            "seconds": [record["moments_seconds"] for record in records],
            **{key: [course[key] for course in courses] for key in courses[0]},
        },
        "records": [{key: value for key, value in record.items() if key not in NOT_KEPT} for record in records],
        "n_per_moment": moments[0].shape[1],
        "trained_on": {key: records[0][key] for key in ("device", "precision", "processes", "versions")},
        **facts_of_images(REFERENCE, real),
        **facts_of_extractor(real),
    }
    if second is not None:
        known = measured.second[REFERENCE].provenance
        values |= {"second_distance": distance_key(second.name), "second_extractor": second.name}
        values |= {"second_extractor_sha256": known.extractor_sha256, "second_resize": known.resize}
    values |= _labels(measured, classifier, seeds, images, moments)
    training = np.load(measured.prepared / IMAGES, mmap_mode="r")
    draws = first_of_draws(images[0], settings.repeats, n)  # whose features `first` are
    return values, neighbours_grid(draws, first, training, measured.features[TRAINING].features)


def summary(values: dict[str, Any]) -> dict[str, Any]:
    """The numbers of `evaluate` that people compare: means over seeds; the distance's spread is that over seeds,
    or over draws where there is one seed."""
    key, extractor = values["distance"], values["extractor"]
    results, records = values["quality"], values["records"]

    def mean(name: str, rows: list[dict[str, Any]]) -> float:
        return float(np.mean([row[name] for row in rows]))

    distances = [result[key] for result in results]
    sd = float(np.std(distances, ddof=1)) if len(distances) > 1 else results[0][f"{key}_sd"]
    shown = {key: mean(key, results), f"{key}_sd": sd}
    shown[SWD] = mean(SWD, results)
    if "second_distance" in values:
        shown[values["second_distance"]] = mean(values["second_distance"], results)
    shown |= {name: mean(metric_key(name, extractor), results) for name in SUMMARY}
    if (content := metric_key("content", extractor)) in results[0]:
        shown["content"] = mean(content, results)
    if "agreement" in values:
        shown["agreement"] = float(np.mean(values["agreement"]))
    return shown | {
        "seconds": mean("seconds", records),
        "peak_training_mib": mean("peak_training_bytes", records) / MIB,
        "generator_mib": mean("generator_bytes", records) / MIB,
        "trained_parameters": records[0]["trained_parameters"],
    }


def source_of(study: Study, name: str) -> str | None:
    """The model whose images a student is compared with; None for a model that had no teacher."""
    row = study.row(name)
    return row.source if row.source != RANDOM and study.starts[row.start].teacher else None


def adapted_from(study: Study, name: str) -> str | None:
    """The model whose generator was adapted to another data set; None for any other."""
    row = study.row(name)
    if GENERATOR not in study.starts[row.start].weights or row.source not in study.rows:
        return None
    ours, theirs = study.data_of(name), study.data_of(row.source)
    alike = (ours.size, ours.colour) == (theirs.size, theirs.colour)
    return row.source if alike and row.data != study.row(row.source).data else None


def classifier_for(measured: Measured, settings: Evaluate) -> Classifier | None:
    """That of the data set's real images, where they have labels. Raises ClassifierError."""
    if not has_labels(measured.prepared):
        return None
    return classifier_of(measured.prepared, settings.classifier_images, settings.seed)


def _scores_of_classes(classifier: Classifier | None, draws: np.ndarray, settings: Evaluate) -> dict[str, float]:
    """The Inception Score by the data set's own classifier, over draws; nothing without labels."""
    logits = None if classifier is None else classifier.logits(draws)
    if logits is None:
        return {}
    from frugalgan.evaluation.metrics.inception_score import inception_score  # SciPy's functions take 0.2 s

    parts = [inception_score(part, splits=1)[0] for part in np.split(logits, settings.repeats)]
    return mean_and_sd(metric_key("inception_score", CLASSIFIER), parts)


def _labels(
    measured: Measured, classifier: Classifier | None, seeds: list[int], images: np.ndarray, moments: list[np.ndarray]
) -> dict[str, Any]:
    """What the classifier of the data set is; and how many of a conditional model's images are what was asked for."""
    if classifier is None:
        return {}
    from sklearn import __version__  # only here: importing it takes time

    values = {
        "labels": list(read_facts(measured.prepared).labels),
        "classifier": f"support vector machine on {classifier.learnt} real images",
        "classifier_accuracy": classifier.accuracy,
        "classifier_judged_on": "held-out images" if classifier.heldout else "those that it learnt from",
        "classifier_judged_n": classifier.judged,
        "inception_score_of_these": classifier.inception_score,
        "scikit-learn": __version__,
    }
    described = read_networks(measured.weights / str(seeds[0]))[GENERATOR]
    told = "domains" if described.get("adaptation") in HYPERNETWORKS else "classes"
    if classes := described["arguments"].get(told, 0):
        over = [[agreement(classifier.labels(some), classes) for some in run] for run in moments]
        values |= {"agreement": [agreement(classifier.labels(run), classes) for run in images]}
        values |= {"agreement_over_training": over}
    return values


def first_of_draws(images: np.ndarray, repeats: int, n: int) -> np.ndarray:
    """The first n images of each draw."""
    if len(images) == repeats * n:
        return images
    return np.concatenate([draw[:n] for draw in np.split(images, repeats)])


def _array(file: Path) -> np.ndarray:
    try:
        return np.load(file, mmap_mode="c")  # torch takes no read-only array
    except (OSError, ValueError) as error:
        raise FileError(f"{file}: not an array of images ({error}); run `dvc repro`") from None
