"""All metrics of samples against real images, from features; and their mean and spread over draws."""

from collections.abc import Sequence

import numpy as np

from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.metrics.kernel import kid, mmd_rbf
from frugalgan.evaluation.metrics.names import distance_key, metric_key
from frugalgan.evaluation.metrics.precision_recall import density_coverage, precision_recall
from frugalgan.evaluation.metrics.variety import spacing, variety
from frugalgan.evaluation.settings import Evaluate

DISTANCE = "distance"  # in `scores`; its name in files says the extractor
Scores = dict[str, float]


def scores(fake: np.ndarray, real: np.ndarray, settings: Evaluate, seed: int) -> Scores:
    """Every metric of (n, d) `fake` against (m, d) `real`; `seed` is that of KID's subsets. Raises MetricError."""
    size = min(len(fake), len(real)) // 2
    kid_mean, kid_subsets_sd = kid(fake, real, subsets=settings.kid_subsets, subset_size=size, seed=seed)
    precision, recall = precision_recall(real, fake, k=settings.precision_k)
    density, coverage = density_coverage(real, fake, k=settings.coverage_k)
    return {
        DISTANCE: frechet_distance(fake, real),
        "kid": kid_mean,
        "kid_subsets_sd": kid_subsets_sd,
        "mmd_rbf": mmd_rbf(fake, real),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "variety": variety(fake, real),
        "spacing": spacing(fake, real),
    }


def over_draws(draws: Sequence[Scores], extractor: str) -> dict[str, float]:
    """Mean of each score, and as `<name>_sd` its standard deviation over the draws (n − 1), under their file names."""
    values: dict[str, float] = {}
    for name in draws[0]:
        key = distance_key(extractor) if name == DISTANCE else metric_key(name, extractor)
        values |= mean_and_sd(key, [draw[name] for draw in draws])
    return values


def inception_over_draws(logits: np.ndarray, draws: int, extractor: str) -> dict[str, float]:
    """The Inception Score of each of the draws, which follow each other in (draws · n, classes) `logits`: its mean and
    standard deviation, under the extractor's file names."""
    from frugalgan.evaluation.metrics.inception_score import inception_score  # SciPy's functions take 0.2 s

    found = [inception_score(draw, splits=1)[0] for draw in np.split(logits, draws)]
    return mean_and_sd(metric_key("inception_score", extractor), found)


def mean_and_sd(key: str, numbers: Sequence[float]) -> dict[str, float]:
    """{key: mean, key_sd: standard deviation (n − 1)} of at least 2 numbers."""
    return {key: float(np.mean(numbers)), f"{key}_sd": float(np.std(numbers, ddof=1))}
