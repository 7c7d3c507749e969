"""One model, all of its seeds: its quality at the end and over training, what it cost, and pictures of how it does."""

from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.config.study import Study
from frugalgan.data.arrays import load_array
from frugalgan.data.facts import IMAGES, read_facts
from frugalgan.evaluation.classifier import Classifier, agreement, classifier_of, has_labels
from frugalgan.evaluation.drawn import Drawn
from frugalgan.evaluation.features import facts_of_extractor, facts_of_images
from frugalgan.evaluation.measured import Measured, drawn_of, records_of, samples_of
from frugalgan.evaluation.metrics.names import CLASSIFIER, SWD, distance_key
from frugalgan.evaluation.metrics.sliced_wasserstein import SlicedWasserstein
from frugalgan.evaluation.neighbours import neighbours_grid
from frugalgan.evaluation.quality import of_pixels
from frugalgan.evaluation.reference import REFERENCE, TRAINING, distance_of_few, real_images
from frugalgan.evaluation.scores import inception_over_draws
from frugalgan.evaluation.settings import Evaluate
from frugalgan.networks.store import classes_of

NOT_KEPT = ("settings", "versions", "model", "seed", "parts", "device", "precision", "processes")  # of records


def evaluate(
    study: Study, name: str, measured: Measured, classifier: Classifier | None = None
) -> tuple[dict[str, Any], np.ndarray]:
    """All numbers of a model, as JSON values, and its samples beside their nearest training images, (H, W, 3) uint8.

    `classifier`: of the data set, where it has labels.
    `quality`, `records` and each list of `course` but kimg have an entry per seed. Raises FileError.
    """
    row, dataset, settings = study.row(name), study.data_of(name), study.section("evaluate", Evaluate)
    first, *others = measured.judges
    real = first.real[REFERENCE]
    n = min(dataset.samples, real.provenance.n)  # no more than real ones
    images = samples_of(study, name, measured)
    records = records_of(study, name, measured)
    drawn = drawn_of(study, name, measured, images, n)
    pixels = SlicedWasserstein(
        real_images(measured.prepared, n=dataset.reference, seed=settings.seed)[REFERENCE], settings.seed
    )
    floor_n = (measured.floor["n_floor"], measured.floor["n_floor_reference"]) if "n_floor" in measured.floor else None
    results, courses, of_first = [], [], None
    for one in drawn:
        result = of_pixels(one.draws, pixels, settings) | _scores_of_classes(classifier, one.draws, settings)
        course: dict[str, list[float]] = {SWD: [pixels(some) for some in one.moments]}
        for judge in measured.judges:
            fake = judge.features(one.draws, one.title, settings.seed)
            of_first = fake.features if of_first is None else of_first
            result |= judge.quality(fake, one, row.source, n, floor_n)
            course |= judge.course(one)
        results.append(result)
        courses.append(course)
    assert of_first is not None
    n_per_moment = drawn[0].moments.shape[1]
    values = {
        "model": name,
        **row.words(),
        "parts": records[0]["parts"],
        "distance": distance_key(first.network.name),
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
        "floor_per_moment": distance_of_few(first.real, settings, n=n_per_moment),
        "trained_on": {key: records[0][key] for key in ("device", "precision", "processes", "versions")},
        **facts_of_images(REFERENCE, real),
        **facts_of_extractor(real),
    }
    for second in others:
        known = second.real[REFERENCE].provenance
        values |= {"second_distance": distance_key(known.extractor), "second_extractor": known.extractor}
        values |= {"second_extractor_sha256": known.extractor_sha256, "second_resize": known.resize}
    if classifier is not None:
        values |= _labels(measured, classifier, settings, n)
        values |= _agreement(measured.weights / str(study.seeds(name)[0]), classifier, images, drawn)
    training = load_array(measured.prepared / IMAGES)
    return values, neighbours_grid(drawn[0].draws, of_first, training, first.real[TRAINING].features)


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
    if not (classes := classes_of(weights)):
        return {}
    return {
        "agreement": [agreement(classifier.labels(run), classes) for run in images],
        "agreement_over_training": [
            [agreement(classifier.labels(some), classes) for some in one.moments] for one in drawn
        ],
    }
