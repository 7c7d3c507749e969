"""Quality of one trained model: features of its images against those of real ones, with error bars."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from frugalgan.data.batches import stream_seed
from frugalgan.evaluation.features import FeatureSet, check_comparable, facts_of_images
from frugalgan.evaluation.metrics.frechet import frechet_distance, frechet_infinity
from frugalgan.evaluation.metrics.memorisation import LEAST_HELDOUT, closer_than_heldout, heldout_limit
from frugalgan.evaluation.metrics.names import SWD, distance_key, metric_key
from frugalgan.evaluation.metrics.sliced_wasserstein import SlicedWasserstein
from frugalgan.evaluation.metrics.variety import COLLAPSED
from frugalgan.evaluation.reference import HELDOUT, REFERENCE, TRAINING, chosen_rows
from frugalgan.evaluation.scores import inception_over_draws, mean_and_sd, over_draws, scores
from frugalgan.evaluation.settings import Evaluate


def quality(
    samples: FeatureSet,
    data: Mapping[str, FeatureSet],
    source: FeatureSet | None,
    settings: Evaluate,
    *,
    n: int,
    floor_n: tuple[int, int] | None,
    logits: np.ndarray | None = None,
) -> dict[str, Any]:
    """Metrics of the samples of one trained model, flat but for one list.

    `samples`: settings.repeats independent draws of n, one after the other. Every metric is the mean over the draws,
    with `<metric>_sd`, their standard deviation. `…_draws` are the single distances; `…_infinity` the distance
    extrapolated to infinitely many samples, with the fit's standard error; `…_vs_source` that to images of the model
    that it learnt from, where given; `…_at_floor_n` that of as few samples and real images as the floor was taken of
    (`floor_n`), where either is smaller. `data`: the sets of `reference.reference`. `logits`: the extractor's class
    scores of the samples. Raises FeaturesError for sets that cannot be compared.
    """
    extractor, seed = samples.provenance.extractor, settings.seed
    real = data[REFERENCE]
    for other in (real, source):
        if other is not None:
            check_comparable(samples.provenance, other.provenance)
    key, fake = distance_key(extractor), samples.features
    draws = np.split(fake, settings.repeats)
    single = [scores(draw, real.features, settings, seed) for draw in draws]
    values: dict[str, Any] = over_draws(single, extractor)
    values[f"{key}_draws"] = [frechet["distance"] for frechet in single]
    infinity, error = frechet_infinity(
        fake, real.features, smallest=n, points=settings.infinity_points, seed=stream_seed(seed, "infinity")
    )
    values |= {f"{key}_infinity": infinity, f"{key}_infinity_error": error}
    if floor_n is not None and floor_n != (n, len(real.features)):
        values |= mean_and_sd(f"{key}_at_floor_n", _smaller(draws, real.features, floor_n, seed))
    if source is not None:
        distances = [frechet_distance(draw, source.features) for draw in draws]
        values |= mean_and_sd(f"{key}_vs_source", distances) | facts_of_images("source", source)
    if logits is not None:
        values |= inception_over_draws(logits, settings.repeats, extractor)
    if TRAINING in data and HELDOUT in data and data[HELDOUT].provenance.n >= LEAST_HELDOUT:
        training = data[TRAINING].features
        limit = heldout_limit(training, data[HELDOUT].features)
        shares = [closer_than_heldout(draw, training, limit) for draw in draws]
        values |= mean_and_sd(metric_key("closer_than_heldout_share", extractor), shares)
        values |= facts_of_images(HELDOUT, data[HELDOUT])
    least = min(values[metric_key(name, extractor)] for name in ("variety", "spacing"))
    values[metric_key("collapsed", extractor)] = least < COLLAPSED
    values |= {"draws": settings.repeats, "n_per_draw": n}
    return values | facts_of_images("samples", samples)


def of_pixels(images: np.ndarray, distance: SlicedWasserstein, settings: Evaluate) -> dict[str, Any]:
    """The sliced Wasserstein distance of the same draws, (settings.repeats · n, C, S, S) uint8, as `quality` says it;
    `swd_levels`: the mean over the draws at each level, by its size in px."""
    draws = [distance.levels(draw) for draw in np.split(images, settings.repeats)]
    means = [float(np.mean(list(draw.values()))) for draw in draws]
    levels = {f"{size}": float(np.mean([draw[size] for draw in draws])) for size in draws[0]}
    return mean_and_sd(SWD, means) | {f"{SWD}_draws": means, f"{SWD}_levels": levels}


def over_training(moments: FeatureSet, count: int, data: FeatureSet, settings: Evaluate) -> dict[str, list[float]]:
    """Every metric at each of `count` moments of training, in their order; `moments`: the samples of all of them."""
    check_comparable(moments.provenance, data.provenance)
    each = [scores(part, data.features, settings, settings.seed) for part in np.split(moments.features, count)]
    return {name: [moment[name] for moment in each] for name in each[0]}


def _smaller(draws: list[np.ndarray], real: np.ndarray, sizes: tuple[int, int], seed: int) -> list[float]:
    """Distances of so many of each draw to so many of `real`."""
    n, n_real = sizes
    chosen = real[chosen_rows(len(real), n_real, stream_seed(seed, "at_floor_n"))]
    return [frechet_distance(draw[:n], chosen) for draw in draws]
