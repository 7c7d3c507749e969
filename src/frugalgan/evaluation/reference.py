"""What models are measured by: features of real images; and what real images would score."""

from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.data.arrays import load_array
from frugalgan.data.batches import stream_seed
from frugalgan.data.facts import HELDOUT as HELDOUT_FILE
from frugalgan.data.facts import IMAGES
from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.features import FeatureSet, as_rgb, extract, facts_of_extractor, facts_of_images
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.metrics.names import SWD
from frugalgan.evaluation.metrics.sliced_wasserstein import SlicedWasserstein
from frugalgan.evaluation.scores import mean_and_sd, over_draws, scores
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import FileError

REFERENCE, TRAINING, HELDOUT = "reference", "training", "heldout"
SECOND = "second_"  # before the names of these sets by the second network


def reference(
    extractor: Extractor, prepared: Path, *, name: str, n: int, seed: int, batch_size: int
) -> dict[str, FeatureSet]:
    """Features to measure models by, from a folder of prepared images, whose name in metrics is `name`.

    `training`: all of them; `reference`: n of these, or all where there are fewer, chosen by `seed`; `heldout`: all of
    heldout.npy (absent if fewer than 2). Raises FileError.
    """

    def features(images: np.ndarray) -> FeatureSet:
        return extract(extractor, images, source=name, seed=seed, batch_size=batch_size)

    images = real_images(prepared, n=n, seed=seed)
    of_training, chosen = features(images[TRAINING]), _rows(len(images[TRAINING]), n, seed)
    sets = {REFERENCE: of_training.chosen(chosen, as_rgb(images[REFERENCE])), TRAINING: of_training}
    return sets | ({HELDOUT: features(images[HELDOUT])} if HELDOUT in images else {})


def real_images(prepared: Path, *, n: int, seed: int) -> dict[str, np.ndarray]:
    """The images, uint8, whose features `reference` computes, under the same names. Raises FileError."""
    file, heldout_file = prepared / IMAGES, prepared / HELDOUT_FILE
    if not file.is_file():
        raise FileError(f"{file}: no such file; `dvc repro prepare@{prepared.name}` makes it")
    training = load_array(file, "c")  # torch takes no read-only array
    images = {REFERENCE: training[_rows(len(training), n, seed)], TRAINING: training}
    heldout = load_array(heldout_file, "c") if heldout_file.is_file() else None
    return images | ({HELDOUT: heldout} if heldout is not None and len(heldout) >= 2 else {})


def floor(
    sets: dict[str, FeatureSet], settings: Evaluate, *, n: int, images: dict[str, np.ndarray] | None = None
) -> dict[str, Any]:
    """What real images score against each other, flat, with their provenance.

    All real images, trained on or held out, are split at random into `n`, as many as a model draws, and as many as the
    reference has, without a common image, `settings.repeats` times; or into two halves where there are too few.
    `floor_…` are the metrics of the one against the other, with the standard deviation over the splits (which share
    images, so it is a little too small). A distance is biased upwards, the more so the fewer images: compare only at
    equal n (`n_floor`, `n_floor_reference`). Too few images for the metrics' neighbours leave the floor out.
    `images`, where given, are those of `real_images`: then `floor_swd` is the sliced Wasserstein distance's.
    """
    chosen = sets[REFERENCE]
    values: dict[str, Any] = {"set": chosen.provenance.source}
    real = _all_features(sets)
    first = min(n, len(real) // 2)
    second = min(chosen.provenance.n, len(real) - first)
    if min(first, second) > max(settings.precision_k, settings.coverage_k):
        splits = _splits(len(real), first, second, settings)
        scored = [scores(real[some], real[others], settings, settings.seed) for some, others in splits]
        values |= {f"floor_{key}": value for key, value in over_draws(scored, chosen.provenance.extractor).items()}
        if images is not None:
            pixels = np.concatenate([images[name] for name in (TRAINING, HELDOUT) if name in images])
            found = [SlicedWasserstein(pixels[others], settings.seed)(pixels[some]) for some, others in splits]
            values |= mean_and_sd(f"floor_{SWD}", found)
        values |= {"n_floor": first, "n_floor_reference": second}
    for name, item in sets.items():
        values |= facts_of_images(name, item)
    return values | facts_of_extractor(chosen)


def distance_of_few(sets: dict[str, FeatureSet], settings: Evaluate, *, n: int) -> float | None:
    """What `n` real images score against as many others as the reference has: the mean over splits like those of
    `floor`. It compares with distances of n images to the reference; None where there are too few real images."""
    real, second = _all_features(sets), sets[REFERENCE].provenance.n
    if n + second > len(real):
        return None
    splits = _splits(len(real), n, second, settings)
    return float(np.mean([frechet_distance(real[some], real[others]) for some, others in splits]))


def _all_features(sets: dict[str, FeatureSet]) -> np.ndarray:
    """Of all real images, trained on or held out."""
    return np.concatenate([sets[name].features for name in (TRAINING, HELDOUT) if name in sets])


def _splits(count: int, first: int, second: int, settings: Evaluate) -> list[tuple[np.ndarray, np.ndarray]]:
    """`settings.repeats` times the places of `first` of `count` images, and of `second` others."""
    rng = np.random.default_rng(stream_seed(settings.seed, "floor"))
    orders = [rng.permutation(count) for _ in range(settings.repeats)]
    return [(order[:first], order[first : first + second]) for order in orders]


def _rows(count: int, n: int, seed: int) -> np.ndarray:
    return chosen_rows(count, n, stream_seed(seed, "reference"))


def chosen_rows(count: int, n: int, seed: int) -> np.ndarray:
    """n of the places 0 … count − 1, or all where there are fewer, in their order."""
    return np.sort(np.random.default_rng(seed).choice(count, min(n, count), replace=False))
