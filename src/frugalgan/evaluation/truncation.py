"""The truncation trick: what a generator trades of variety for fidelity, over thresholds (Brock et al. 2019).

It cuts z off; of generators with styles it moves w towards its mean (`networks.sampling.truncated_images`).
"""

from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from frugalgan.config.study import Study
from frugalgan.data.images import enlarged_grid
from frugalgan.evaluation.classifier import Classifier
from frugalgan.evaluation.measured import Measured
from frugalgan.evaluation.metrics.inception_score import inception_score
from frugalgan.evaluation.reference import REFERENCE
from frugalgan.evaluation.scores import DISTANCE, scores
from frugalgan.evaluation.settings import Evaluate
from frugalgan.networks.sampling import truncated_images
from frugalgan.networks.store import load_generator

METRICS = (DISTANCE, "precision", "recall", "coverage", "variety")
SHOWN = 8  # images of each threshold in the picture


def is_asked_for(name: str, settings: Evaluate) -> bool:
    """Whether the model is among those that `evaluate.truncation` names."""
    return any(fnmatchcase(name, pattern) for pattern in settings.truncation.models)


def truncation(
    study: Study, name: str, measured: Measured, classifier: Classifier | None
) -> tuple[dict[str, Any], np.ndarray]:
    """{"thresholds": [t, …], "n": images of each, metric: [[one per seed] per threshold]}, and as many rows of the same
    z as thresholds, (H, W, 3) uint8. BatchNorm statistics are those of each threshold."""
    settings, dataset = study.section("evaluate", Evaluate), study.data_of(name)
    judge = measured.judges[0]
    real = judge.real[REFERENCE]
    n = min(dataset.samples, real.provenance.n)
    values: dict[str, Any] = {"thresholds": list(settings.truncation.thresholds), "n": n}
    shown = []
    for threshold in settings.truncation.thresholds:
        found: list[dict[str, float]] = []
        for seed in study.seeds(name):
            generator = load_generator(measured.weights / str(seed))
            images = truncated_images(generator, n=n, seed=settings.seed, threshold=threshold).numpy()
            fake = judge.features(images, name, settings.seed)
            scored = scores(fake.features, real.features, settings, settings.seed)
            found.append({metric: scored[metric] for metric in METRICS})
            logits = None if classifier is None else classifier.logits(images)
            if logits is not None:
                found[-1]["inception_score"] = inception_score(logits, splits=1)[0]
            if seed == study.seeds(name)[0]:
                shown.append(images[:SHOWN])
        for metric in found[0]:
            values.setdefault(metric, []).append([one[metric] for one in found])
    return values, enlarged_grid(np.concatenate(shown), columns=SHOWN)
