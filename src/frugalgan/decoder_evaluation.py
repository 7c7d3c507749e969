"""Quality over training of the models of digits, seed by seed; of those that are told labels, whether they obey."""

from collections.abc import Callable, Collection
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from frugalgan.dataset import stream_seed
from frugalgan.extractors.base import Extractor
from frugalgan.features import FeatureSet, check_comparable, extract, facts_of_extractor, facts_of_images
from frugalgan.files import read_json
from frugalgan.metrics.frechet import frechet_distance
from frugalgan.metrics.kernel import kid
from frugalgan.metrics.names import distance_key
from frugalgan.models import read_facts
from frugalgan.sections import Digits

CHOICE, HELDOUT, LEARNT = 11, 12, 13  # keys of the random streams, so that no two of them coincide
Classifier = Callable[[np.ndarray], np.ndarray]  # (N, 1, S, S) uint8 → (N,) labels


class StudyError(ValueError):
    """Models of one study do not fit together; the message names the folder and the mend."""


def evaluate_models(
    extractor: Extractor,
    models: dict[str, Path],
    data: Path,
    settings: Digits,
    *,
    kid_subsets: int,
    seed: int,
    ends: Collection[str] = (),
) -> dict[str, Any]:
    """Of each model, for each training seed and moment: distance and KID to real digits; and what it cost.

    `models`: name → folder with <seed>/moments.npy and <seed>.json; `ends`: those that are measured at their last
    moment alone, which saves time where the way there does not matter. `seed` chooses the real digits: `reference` of
    the training images, and of held-out ones as many as a model draws, whose distance is the floor. Models that are
    told labels have the share of images, at each moment, that a classifier of real digits labels as asked. Raises
    FileError, StudyError.
    """

    def features(images: np.ndarray, source: str) -> FeatureSet:
        return extract(extractor, images, source=source, seed=seed, batch_size=settings.extractor_batch_size)

    real = features(_chosen(data / "images.npy", settings.reference, stream_seed(seed, CHOICE)), "digits")
    heldout = features(
        _chosen(data / "heldout.npy", settings.digits_samples, stream_seed(seed, HELDOUT)), "held-out digits"
    )
    classifier, accuracy = classifier_of(data, settings.classifier_images, stream_seed(seed, LEARNT))
    found: dict[str, Any] = {}
    for name, folder in tqdm(models.items(), desc="digits", unit="model"):
        moments = slice(-1, None) if name in ends else slice(None)
        found[name] = _course(name, folder, moments, settings, real, features, classifier, kid_subsets)
    return (
        {
            "models": found,
            "distance_key": distance_key(extractor.name),
            "floor_distance": frechet_distance(heldout.features, real.features),
            "n_floor": heldout.provenance.n,
            "n_per_moment": settings.digits_samples,
            "classifier": f"support vector machine on {min(settings.classifier_images, _count(data))} real digits",
            "classifier_accuracy": accuracy,
            "scikit-learn": version("scikit-learn"),
            "data": Path(settings.source).name,
        }
        | facts_of_images("reference", real)
        | facts_of_extractor(real)
    )


def _course(
    name: str,
    folder: Path,
    moments: slice,
    settings: Digits,
    real: FeatureSet,
    features: Callable[[np.ndarray, str], FeatureSet],
    classifier: Classifier,
    kid_subsets: int,
) -> dict[str, Any]:
    costs = [read_json(folder / f"{seed}.json", mend=f"`dvc repro {name}` makes it") for seed in settings.seeds]
    drawn = [np.load(folder / str(seed) / "moments.npy")[moments] for seed in settings.seeds]
    if any(cost["moments_kimg"] != costs[0]["moments_kimg"] for cost in costs):
        raise StudyError(f"{folder}: the seeds were trained for different times; remove the folder and run `dvc repro`")
    classes = read_facts(folder / str(settings.seeds[0]))["generator"]["arguments"].get("classes", 0)
    values: dict[str, Any] = {
        "seeds": settings.seeds,
        "kimg": costs[0]["moments_kimg"][moments],
        "seconds": [cost["moments_seconds"][moments] for cost in costs],
        "distance": [],
        "kid": [],
        "peak_training_bytes": [cost["peak_training_bytes"] for cost in costs],
        "trained_parameters": costs[0]["trained_parameters"],
    }
    if classes:
        values["agreement"] = [[agreement(classifier, images, classes) for images in run] for run in drawn]
    for run, seed in zip(drawn, settings.seeds, strict=True):
        seen = features(np.concatenate(run), f"{name}, seed {seed}")
        check_comparable(seen.provenance, real.provenance)
        parts = np.split(seen.features, len(run))
        size = min(len(parts[0]), len(real.features)) // 2
        values["distance"].append([frechet_distance(part, real.features) for part in parts])
        values["kid"].append(
            [
                kid(part, real.features, subsets=kid_subsets, subset_size=size, seed=real.provenance.seed)[0]
                for part in parts
            ]
        )
    return values


def classifier_of(data: Path, n: int, seed: int) -> tuple[Classifier, float]:
    """A classifier that learnt from `n` training digits at most, and its accuracy (a share) on as many held-out."""
    from sklearn.svm import SVC  # takes a second

    def some(part: str, labels: str) -> tuple[np.ndarray, np.ndarray]:
        told = np.load(data / labels)
        rows = _rows(len(told), n, seed)
        return _pixels(np.load(data / part, mmap_mode="r")[rows]), told[rows]

    machine = SVC().fit(*some("images.npy", "labels.npy"))
    pixels, labels = some("heldout.npy", "heldout_labels.npy")
    return lambda images: machine.predict(_pixels(images)), float((machine.predict(pixels) == labels).mean())


def agreement(classifier: Classifier, images: np.ndarray, classes: int) -> float:
    """The share of images (N, 1, S, S), asked for as 0, 1, …, classes − 1, 0, …, that the classifier calls so."""
    return float((classifier(images) == np.arange(len(images)) % classes).mean())


def _pixels(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1) / 255


def _chosen(file: Path, n: int, seed: int) -> np.ndarray:
    images: np.ndarray = np.load(file, mmap_mode="r")
    if len(images) < 2:
        raise StudyError(f"{file}: {len(images)} images; there must be at least 2")
    return images[_rows(len(images), n, seed)]


def _rows(count: int, n: int, seed: int) -> np.ndarray:
    return np.sort(np.random.default_rng(seed).choice(count, min(n, count), replace=False))


def _count(data: Path) -> int:
    return len(np.load(data / "labels.npy", mmap_mode="r"))
