"""What models are measured by: features of real images; and what real images would score."""

from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.data.batches import stream_seed
from frugalgan.data.facts import HELDOUT as HELDOUT_FILE
from frugalgan.data.facts import IMAGES
from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.features import FeatureSet, extract, facts_of_extractor, facts_of_images
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
    sets = {REFERENCE: of_training.chosen(chosen, _as_extracted(images[REFERENCE])), TRAINING: of_training}
    return sets | ({HELDOUT: features(images[HELDOUT])} if HELDOUT in images else {})


def real_images(prepared: Path, *, n: int, seed: int) -> dict[str, np.ndarray]:
    """The images, uint8, whose features `reference` computes, under the same names. Raises FileError."""
    file, heldout_file = prepared / IMAGES, prepared / HELDOUT_FILE
    if not file.is_file():
        raise FileError(f"{file}: no such file; `dvc repro prepare@{prepared.name}` makes it")
    training = np.load(file, mmap_mode="c")  # torch takes no read-only array
    images = {REFERENCE: training[_rows(len(training), n, seed)], TRAINING: training}
    heldout = np.load(heldout_file, mmap_mode="c") if heldout_file.is_file() else None
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
    real = np.concatenate([sets[name].features for name in (TRAINING, HELDOUT) if name in sets])
    first = min(n, len(real) // 2)
    second = min(chosen.provenance.n, len(real) - first)
    if min(first, second) > max(settings.precision_k, settings.coverage_k):
        rng = np.random.default_rng(stream_seed(settings.seed, "floor"))
        splits = [rng.permutation(len(real)) for _ in range(settings.repeats)]
        scored = [
            scores(real[split[:first]], real[split[first : first + second]], settings, settings.seed)
            for split in splits
        ]
        values |= {f"floor_{key}": value for key, value in over_draws(scored, chosen.provenance.extractor).items()}
        if images is not None:
            pixels = np.concatenate([images[name] for name in (TRAINING, HELDOUT) if name in images])
            found = [
                SlicedWasserstein(pixels[split[first : first + second]], settings.seed)(pixels[split[:first]])
                for split in splits
            ]
            values |= mean_and_sd(f"floor_{SWD}", found)
        values |= {"n_floor": first, "n_floor_reference": second}
    for name, item in sets.items():
        values |= facts_of_images(name, item)
    return values | facts_of_extractor(chosen)


def _rows(count: int, n: int, seed: int) -> np.ndarray:
    return chosen_rows(count, n, stream_seed(seed, "reference"))


def chosen_rows(count: int, n: int, seed: int) -> np.ndarray:
    """n of the places 0 … count − 1, or all where there are fewer, in their order."""
    return np.sort(np.random.default_rng(seed).choice(count, min(n, count), replace=False))


def _as_extracted(images: np.ndarray) -> np.ndarray:
    """Grey images as RGB, as `extract` takes them."""
    return images if images.shape[1] != 1 else np.repeat(images, 3, axis=1)
