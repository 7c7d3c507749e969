"""Sample quality of one model: its features against those of the data and of the teacher."""

from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.dataset import stream_seed
from frugalgan.extractors.base import Extractor
from frugalgan.features import FeatureSet, check_comparable, extract
from frugalgan.images import read_rgb
from frugalgan.metrics.frechet import distance_key, frechet_distance
from frugalgan.sampling import generate, load_generator

REFERENCE, HELDOUT = "reference", "heldout"
STREAM = {REFERENCE: 1, HELDOUT: 2}  # keys of the random streams, so that no two of them coincide


class EvaluationError(ValueError):
    """Images are missing or do not fit together; the message names folder or file and the mend."""


def reference(
    extractor: Extractor, source: Path, *, name: str, n: int, seed: int, batch_size: int
) -> dict[str, FeatureSet]:
    """Features to measure models by, from a folder of prepared images or of a trained model.

    Prepared images: `reference`, n training images chosen by `seed`, and `heldout`, n of heldout.npy or as many as
    there are (absent if fewer than 2). Model: `reference`, n images drawn anew, from other z than its samples.
    `name` is the set's name in metrics. Raises EvaluationError when there are fewer than n training images.
    """
    if (source / "images.npy").is_file():
        sets = _prepared(source, n, seed)
    elif (source / "model.json").is_file():
        z_seed = stream_seed(seed, STREAM[REFERENCE])
        sets = {REFERENCE: generate(load_generator(source), n=n, seed=z_seed, batch_size=batch_size).numpy()}
    else:
        raise EvaluationError(f"{source}: neither prepared images (images.npy) nor a model (model.json)")
    return {
        role: extract(extractor, images, source=name, seed=seed, batch_size=batch_size) for role, images in sets.items()
    }


def reference_metrics(sets: dict[str, FeatureSet]) -> dict[str, Any]:
    """Flat numbers of a reference: n, provenance, and the floor: the distance of held-out images to the reference.

    The distance of finite sets is biased upwards, the more so the fewer images: a floor from fewer held-out images
    than `n_reference` is too high to compare with a model of as many samples as that, so read it with `n_heldout`.
    """
    chosen = sets[REFERENCE]
    values: dict[str, Any] = {"set": chosen.provenance.source}
    if HELDOUT in sets:
        values[f"{distance_key(chosen.provenance.extractor)}_floor"] = _distance(chosen, sets[HELDOUT])
    for name, item in sets.items():
        values |= _of_images(name, item)
    return values | _of_extractor(chosen)


def evaluate(samples: FeatureSet, data: FeatureSet, teacher: FeatureSet | None) -> dict[str, Any]:
    """Flat metrics of one model's samples: distance to the data and, where given, to the teacher's images.

    `fid` for Inception, else `fd_<extractor>`; the second ends in `_vs_teacher`. Raises FeaturesError for sets that
    cannot be compared.
    """
    key = distance_key(samples.provenance.extractor)
    values = {"model": samples.provenance.source, key: _distance(samples, data)}
    if teacher is not None:
        values |= {f"{key}_vs_teacher": _distance(samples, teacher)} | _of_images("teacher", teacher)
    return values | _of_images("samples", samples) | _of_images(REFERENCE, data) | _of_extractor(samples)


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


def _prepared(folder: Path, n: int, seed: int) -> dict[str, np.ndarray]:
    images = np.load(folder / "images.npy", mmap_mode="r")
    if len(images) < n:
        raise EvaluationError(
            f"{folder / 'images.npy'}: {len(images)} images, fewer than the {n} asked for; add photos to data.source, "
            "or lower the scale's samples in params.yaml"
        )
    sets: dict[str, np.ndarray] = {REFERENCE: _choose(images, n, stream_seed(seed, STREAM[REFERENCE]))}
    heldout_file = folder / "heldout.npy"
    if heldout_file.is_file():
        heldout = np.load(heldout_file, mmap_mode="r")
        if len(heldout) >= 2:
            sets[HELDOUT] = _choose(heldout, min(n, len(heldout)), stream_seed(seed, STREAM[HELDOUT]))
    return sets


def _choose(images: np.ndarray, n: int, seed: int) -> np.ndarray:
    return images[np.sort(np.random.default_rng(seed).choice(len(images), n, replace=False))]


def _distance(a: FeatureSet, b: FeatureSet) -> float:
    check_comparable(a.provenance, b.provenance)
    return frechet_distance(a.features, b.features)


def _of_images(name: str, item: FeatureSet) -> dict[str, Any]:
    known = item.provenance
    return {f"n_{name}": known.n, f"{name}_seed": known.seed, f"{name}_sha256": known.data_sha256}


def _of_extractor(item: FeatureSet) -> dict[str, Any]:
    known = item.provenance
    names = ("extractor", "extractor_sha256", "resize", "image_height", "image_width")
    return {name: getattr(known, name) for name in names} | known.versions


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]}×{image.shape[0]}"
