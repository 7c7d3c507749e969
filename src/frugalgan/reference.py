"""What models are measured by: features of real images, or of a trained model's; and what real images would score."""

from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.dataset import stream_seed
from frugalgan.extractors.base import Extractor
from frugalgan.features import FeatureSet, extract, facts_of_extractor, facts_of_images
from frugalgan.sampling import generate, load_generator
from frugalgan.scores import over_draws, scores
from frugalgan.sections import Evaluate

REFERENCE, TRAINING, HELDOUT = "reference", "training", "heldout"
CHOICE, FLOOR, NEW_Z = 1, 2, 3  # keys of the random streams, so that no two of them coincide


class ReferenceError(ValueError):
    """There are not enough images, or no images; the message names the folder and the mend."""


def reference(
    extractor: Extractor, source: Path, *, name: str, n: int, seed: int, batch_size: int
) -> dict[str, FeatureSet]:
    """Features to measure models by, from a folder of prepared images or of a trained model.

    Prepared images: `training`, all of them; `reference`, n of these chosen by `seed`; and `heldout`, all of
    heldout.npy (absent if fewer than 2). Model: `reference`, n images drawn anew, from other z than its samples.
    `name` is the set's name in metrics. Raises ReferenceError when there are fewer than n training images.
    """

    def features(images: np.ndarray) -> FeatureSet:
        return extract(extractor, images, source=name, seed=seed, batch_size=batch_size)

    if (source / "model.json").is_file():
        images = generate(load_generator(source), n=n, seed=stream_seed(seed, NEW_Z), batch_size=batch_size)
        return {REFERENCE: features(images.numpy())}
    training = _images(source, n)
    chosen = np.sort(np.random.default_rng(stream_seed(seed, CHOICE)).choice(len(training), n, replace=False))
    of_training = features(training)
    sets = {REFERENCE: of_training.chosen(chosen, training[chosen]), TRAINING: of_training}
    heldout_file = source / "heldout.npy"
    heldout = np.load(heldout_file, mmap_mode="c") if heldout_file.is_file() else ()
    return sets | {HELDOUT: features(heldout)} if isinstance(heldout, np.ndarray) and len(heldout) >= 2 else sets


def reference_metrics(sets: dict[str, FeatureSet], settings: Evaluate, *, n: int, seed: int) -> dict[str, Any]:
    """Flat numbers of a reference: provenance, and for real images what they score against each other: the floor.

    All real images, trained on or held out, are split at random into two sets without a common image, of n each or
    of half of them where there are fewer than 2n, `settings.repeats` times; `floor_…` are the metrics of one set
    against the other, with the standard deviation over the splits (which share images, so it is a little too small).
    A distance is biased upwards, the more so the fewer images: compare only at equal n (`n_floor`). Too few images
    for the metrics' neighbours leave the floor out.
    """
    chosen = sets[REFERENCE]
    values: dict[str, Any] = {"set": chosen.provenance.source}
    real = np.concatenate(
        [sets[name].features for name in (TRAINING, HELDOUT) if name in sets] or [chosen.features[:0]]
    )
    size = min(n, len(real) // 2)
    if size > max(settings.precision_k, settings.coverage_k):
        rng = np.random.default_rng(stream_seed(seed, FLOOR))
        splits = [rng.permutation(len(real))[: 2 * size].reshape(2, size) for _ in range(settings.repeats)]
        floor = over_draws([scores(real[a], real[b], settings, seed) for a, b in splits], chosen.provenance.extractor)
        values |= {f"floor_{key}": value for key, value in floor.items()} | {"n_floor": size}
    for name, item in sets.items():
        values |= facts_of_images(name, item)
    return values | facts_of_extractor(chosen)


def _images(folder: Path, n: int) -> np.ndarray:
    file = folder / "images.npy"
    if not file.is_file():
        raise ReferenceError(f"{folder}: neither prepared images (images.npy) nor a model (model.json)")
    images = np.load(file, mmap_mode="c")  # torch takes no read-only array
    if len(images) < n:
        raise ReferenceError(
            f"{file}: {len(images)} images, fewer than the {n} asked for; add photos to data.source, "
            "or lower the scale's samples in params.yaml"
        )
    return images
