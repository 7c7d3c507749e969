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
from frugalgan.evaluation.reference import REFERENCE, SECOND, TRAINING, distance_of_few, real_images
from frugalgan.evaluation.scores import inception_over_draws
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import FileError, read_json
from frugalgan.networks.parts import GENERATOR
from frugalgan.networks.sampling import FIXED_SEED, OTHERS, SAMPLES
from frugalgan.networks.store import read_networks
from frugalgan.networks.stylegan2.adaptations import HYPERNETWORKS

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


@dataclass(frozen=True)
class Drawn:
    """What one seed of a model drew, and what it is compared with: (N, C, S, S) uint8 each."""

    title: str
    draws: np.ndarray  # as many as `evaluate.repeats`, one after the other, of n images
    moments: np.ndarray  # (moments, n_per_moment, C, S, S), over training
    taught: np.ndarray | None  # images of its teacher
    origins: np.ndarray | None  # of its first draw's z by the model that it was adapted from, in its style


@dataclass(frozen=True)
class Judge:
    """A network, and the features of real images by it."""

    network: Extractor
    real: dict[str, FeatureSet]
    prefix: str  # of its columns of `course`
    settings: Evaluate

    def features(self, images: np.ndarray, source: str, seed: int) -> FeatureSet:
        return extract(self.network, images, source=source, seed=seed, batch_size=self.settings.batch_size)

    def quality(
        self, fake: FeatureSet, drawn: Drawn, source: str, n: int, floor_n: tuple[int, int] | None
    ) -> dict[str, Any]:
        """Quality of the draws, whose features are `fake`; `source` names the other model."""
        seed, values, taught = self.settings.seed, {}, None
        if drawn.taught is not None:
            taught = self.features(drawn.taught, source, seed)
        if drawn.origins is not None:
            origins = self.features(drawn.origins, source, seed)
            values[metric_key("content", self.network.name)] = content_kept(fake.features[:n], origins.features)
        logits = self.network.logits(fake.features)
        return values | quality(fake, self.real, taught, self.settings, n=n, floor_n=floor_n, logits=logits)

    def course(self, drawn: Drawn) -> dict[str, list[float]]:
        """Quality at each moment of training."""
        fake = self.features(np.concatenate(drawn.moments), drawn.title, FIXED_SEED)
        over = over_training(fake, len(drawn.moments), self.real[REFERENCE], self.settings)
        return {f"{self.prefix}{metric}": values for metric, values in over.items()}


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
    row, dataset, settings = study.row(name), study.data_of(name), study.section("evaluate", Evaluate)
    real = measured.features[REFERENCE]
    n = min(dataset.samples, real.provenance.n)  # no more than real ones
    images = _samples(study, name, measured)
    records = _records(study, name, measured)
    drawn = _drawn(study, name, measured, images, n)
    judges = [Judge(extractor, measured.features, "", settings)]
    judges += [] if second is None else [Judge(second, measured.second, SECOND, settings)]
    pixels = SlicedWasserstein(
        real_images(measured.prepared, n=dataset.reference, seed=settings.seed)[REFERENCE], settings.seed
    )
    floor_n = (measured.floor["n_floor"], measured.floor["n_floor_reference"]) if "n_floor" in measured.floor else None
    results, courses, first = [], [], None
    for one in drawn:
        result = of_pixels(one.draws, pixels, settings) | _scores_of_classes(classifier, one.draws, settings)
        course: dict[str, list[float]] = {SWD: [pixels(some) for some in one.moments]}
        for judge in judges:
            fake = judge.features(one.draws, one.title, settings.seed)
            first = fake.features if first is None else first
            result |= judge.quality(fake, one, row.source, n, floor_n)
            course |= judge.course(one)
        results.append(result)
        courses.append(course)
    assert first is not None
    n_per_moment = drawn[0].moments.shape[1]
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
        "seeds": study.seeds(name),
        "quality": results,
        "floor": measured.floor,
        "course": {
            "kimg": records[0]["moments_kimg"],
            "seconds": [record["moments_seconds"] for record in records],
            **{key: [course[key] for course in courses] for key in courses[0]},
        },
        "records": [{key: value for key, value in record.items() if key not in NOT_KEPT} for record in records],
        "n_per_moment": n_per_moment,
        "floor_per_moment": distance_of_few(measured.features, settings, n=n_per_moment),
        "trained_on": {key: records[0][key] for key in ("device", "precision", "processes", "versions")},
        **facts_of_images(REFERENCE, real),
        **facts_of_extractor(real),
    }
    if second is not None:
        known = measured.second[REFERENCE].provenance
        values |= {"second_distance": distance_key(second.name), "second_extractor": second.name}
        values |= {"second_extractor_sha256": known.extractor_sha256, "second_resize": known.resize}
    if classifier is not None:
        values |= _labels(measured, classifier, settings, n)
        values |= _agreement(measured.weights / str(study.seeds(name)[0]), classifier, images, drawn)
    training = np.load(measured.prepared / IMAGES, mmap_mode="r")
    return values, neighbours_grid(drawn[0].draws, first, training, measured.features[TRAINING].features)


def _samples(study: Study, name: str, measured: Measured) -> np.ndarray:
    """(seeds, draws · samples, C, S, S) uint8. Raises FileError."""
    images, dataset = _array(measured.samples / SAMPLES), study.data_of(name)
    asked = study.section("evaluate", Evaluate).repeats * dataset.samples
    if images.shape[:2] != (len(study.seeds(name)), asked):
        raise FileError(f"{measured.samples / SAMPLES}: not the samples that params.yaml asks for; run `dvc repro`")
    return images


def _records(study: Study, name: str, measured: Measured) -> list[dict[str, Any]]:
    """What training recorded, one per seed. Raises FileError."""
    files = [measured.record / str(seed) / "record.json" for seed in study.seeds(name)]
    records = [read_json(file, hint="run `dvc repro`") for file in files]
    if any(record["moments_kimg"] != records[0]["moments_kimg"] for record in records):
        raise FileError(
            f"{measured.record}: seeds were trained for different times; run `dvc repro --force train@{name}`"
        )
    return records


def _drawn(study: Study, name: str, measured: Measured, images: np.ndarray, n: int) -> list[Drawn]:
    """One per seed; a seed that the other model lacks is compared with that one's last. Raises FileError."""
    repeats, styles = study.section("evaluate", Evaluate).repeats, study.data_of(name).styles
    others = None if measured.source_samples is None else _array(measured.source_samples / OTHERS)
    adapted = None if measured.adapted_samples is None else _array(measured.adapted_samples / SAMPLES)
    return [
        Drawn(
            f"{name}, seed {seed}",
            first_of_draws(images[place], repeats, n),
            np.load(measured.record / str(seed) / "moments.npy", mmap_mode="c"),
            None if others is None else others[min(place, len(others) - 1)],
            None if adapted is None else in_turn(adapted[min(place, len(adapted) - 1)][:n], styles),
        )
        for place, seed in enumerate(study.seeds(name))
    ]


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
    return {} if logits is None else inception_over_draws(logits, settings.repeats, CLASSIFIER)


def _labels(measured: Measured, classifier: Classifier, settings: Evaluate, n: int) -> dict[str, Any]:
    """What the classifier of the data set is, and what real images score by it, n of them as draws have."""
    from sklearn import __version__  # only here: importing it takes time

    return {
        "labels": list(read_facts(measured.prepared).labels),
        "classifier": f"support vector machine on {classifier.learnt} real images",
        "classifier_accuracy": classifier.accuracy,
        "classifier_judged_on": "held-out images" if classifier.heldout else "those that it learnt from",
        "classifier_judged_n": classifier.judged,
        "inception_score_of_these": classifier.inception_score(n, settings.repeats, settings.seed),
        "inception_score_of_these_n": min(n, classifier.judged),
        "scikit-learn": __version__,
    }


def _agreement(weights: Path, classifier: Classifier, images: np.ndarray, drawn: list[Drawn]) -> dict[str, Any]:
    """The share of images labelled as asked, a number per seed of a conditional model; nothing for any other."""
    described = read_networks(weights)[GENERATOR]
    told = "domains" if described.get("adaptation") in HYPERNETWORKS else "classes"
    if not (classes := described["arguments"].get(told, 0)):
        return {}
    return {
        "agreement": [agreement(classifier.labels(run), classes) for run in images],
        "agreement_over_training": [
            [agreement(classifier.labels(some), classes) for some in one.moments] for one in drawn
        ],
    }


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
