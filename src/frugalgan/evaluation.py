"""Sample quality of one model: its features against those of the data and of the teacher, with error bars."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.features import FeatureSet, check_comparable, facts_of_extractor, facts_of_images
from frugalgan.images import read_rgb
from frugalgan.metrics.frechet import frechet_distance, frechet_infinity
from frugalgan.metrics.inception_score import inception_score
from frugalgan.metrics.memorisation import LEAST_HELDOUT, closer_than_heldout
from frugalgan.metrics.names import distance_key, metric_key
from frugalgan.reference import HELDOUT, REFERENCE, TRAINING
from frugalgan.scores import mean_and_sd, over_draws, scores
from frugalgan.sections import Evaluate


class EvaluationError(ValueError):
    """Images are missing or do not fit together; the message names folder or file and the mend."""


def evaluate(
    samples: FeatureSet,
    data: Mapping[str, FeatureSet],
    teacher: FeatureSet | None,
    settings: Evaluate,
    *,
    n: int,
    n_floor: int | None,
    logits: np.ndarray | None = None,
) -> dict[str, Any]:
    """Metrics of one model's samples, flat but for one list.

    `samples`: settings.repeats independent draws of n, one after the other. Every metric is the mean over the draws,
    with `<metric>_sd`, their standard deviation. `…_draws` are the single distances; `…_infinity` the distance
    extrapolated to infinitely many samples, with the fit's standard error; `…_vs_teacher` that to the teacher's
    images, where given; `…_at_floor_n` that at the floor's n, where it is smaller than n. `data`: the sets of
    `reference.reference`. `logits`: the extractor's class scores of the samples. Raises FeaturesError for sets that
    cannot be compared.
    """
    extractor, seed = samples.provenance.extractor, samples.provenance.seed
    real = data[REFERENCE]
    for other in (real, teacher):
        if other is not None:
            check_comparable(samples.provenance, other.provenance)
    key, fake = distance_key(extractor), samples.features
    draws = np.split(fake, settings.repeats)
    single = [scores(draw, real.features, settings, seed) for draw in draws]
    values: dict[str, Any] = {"model": samples.provenance.source} | over_draws(single, extractor)
    values[f"{key}_draws"] = [frechet["distance"] for frechet in single]
    infinity, error = frechet_infinity(fake, real.features, smallest=n, points=settings.infinity_points, seed=seed)
    values |= {f"{key}_infinity": infinity, f"{key}_infinity_error": error}
    if n_floor is not None and n_floor < n:
        values |= mean_and_sd(f"{key}_at_floor_n", _smaller(draws, real.features, n_floor, seed))
    if teacher is not None:
        distances = [frechet_distance(draw, teacher.features) for draw in draws]
        values |= mean_and_sd(f"{key}_vs_teacher", distances) | facts_of_images("teacher", teacher)
    if logits is not None:
        parts = [inception_score(part, splits=1)[0] for part in np.split(logits, settings.repeats)]
        values |= mean_and_sd(metric_key("inception_score", extractor), parts)
    if TRAINING in data and HELDOUT in data and data[HELDOUT].provenance.n >= LEAST_HELDOUT:
        shares = [closer_than_heldout(draw, data[TRAINING].features, data[HELDOUT].features) for draw in draws]
        values |= mean_and_sd(metric_key("closer_than_heldout_share", extractor), shares)
        values |= facts_of_images(HELDOUT, data[HELDOUT])
    values |= {"draws": settings.repeats, "n_per_draw": n}
    return values | facts_of_images("samples", samples) | facts_of_images(REFERENCE, real) | facts_of_extractor(samples)


def over_training(moments: FeatureSet, count: int, data: FeatureSet, settings: Evaluate) -> dict[str, list[float]]:
    """Every metric at each of `count` moments of training, in their order; `moments`: the samples of all of them."""
    check_comparable(moments.provenance, data.provenance)
    extractor, seed = moments.provenance.extractor, moments.provenance.seed
    each = [scores(part, data.features, settings, seed) for part in np.split(moments.features, count)]
    named = {name: metric_key(name, extractor) for name in each[0]} | {"distance": distance_key(extractor)}
    return {key: [moment[name] for moment in each] for name, key in named.items()}


def read_samples(folder: Path, n: int) -> np.ndarray:
    """The numbered PNGs of a folder, in order → (n, 3, H, W) uint8 RGB. Raises EvaluationError or ImageError."""
    files = sorted(file for file in folder.glob("*.png") if file.stem.isdecimal())
    if len(files) != n:
        raise EvaluationError(
            f"{folder}: {len(files)} numbered PNGs, but params.yaml asks for {n}; draw the samples anew (dvc repro)"
        )
    images = [read_rgb(file) for file in files]
    for file, image in zip(files, images, strict=True):
        if image.shape != images[0].shape:
            raise EvaluationError(f"{file}: {_size(image)}, but {files[0].name} is {_size(images[0])}; draw them anew")
    return np.stack(images).transpose(0, 3, 1, 2)


def _smaller(draws: list[np.ndarray], real: np.ndarray, n: int, seed: int) -> list[float]:
    """Distances of n of each draw to n of `real`."""
    chosen = real[np.random.default_rng(seed).choice(len(real), n, replace=False)]
    return [frechet_distance(draw[:n], chosen) for draw in draws]


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]}×{image.shape[0]}"
