"""Whether conditional models obey: a classifier of real images says how many of theirs are what was asked for."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from frugalgan.data.batches import stream_seed
from frugalgan.data.facts import HELDOUT, HELDOUT_LABELS, IMAGES, LABELS
from frugalgan.evaluation.reference import chosen_rows

Classifier = Callable[[np.ndarray], np.ndarray]  # (N, C, S, S) uint8 → (N,) labels
SIDE = 32  # px at most, of what the classifier sees


def classifier_of(data: Path, n: int, seed: int) -> tuple[Classifier, float]:
    """A support vector machine that learnt from `n` training images at most of the prepared folder `data`, and its
    accuracy (a share) on as many held-out ones; without any, on those that it learnt from."""
    from sklearn.svm import SVC  # takes a second

    def some(part: str, labels: str) -> tuple[np.ndarray, np.ndarray]:
        told = np.load(data / labels)
        rows = chosen_rows(len(told), n, stream_seed(seed, "classifier"))
        return _pixels(np.load(data / part, mmap_mode="r")[rows]), told[rows]

    learnt = some(IMAGES, LABELS)
    machine = SVC().fit(*learnt)
    pixels, labels = some(HELDOUT, HELDOUT_LABELS) if has_heldout(data) else learnt
    return lambda images: machine.predict(_pixels(images)), float((machine.predict(pixels) == labels).mean())


def has_heldout(data: Path) -> bool:
    """Whether the prepared folder has held-out images with labels."""
    return (data / HELDOUT_LABELS).is_file() and len(np.load(data / HELDOUT_LABELS)) > 0


def agreement(classifier: Classifier, images: np.ndarray, classes: int) -> float:
    """The share of images (N, C, S, S), asked for as 0, 1, …, classes − 1, 0, …, that the classifier calls so."""
    return float((classifier(images) == np.arange(len(images)) % classes).mean())


def _pixels(images: np.ndarray) -> np.ndarray:
    if images.shape[-1] > SIDE:
        small = [cv2.resize(image.transpose(1, 2, 0), (SIDE, SIDE), interpolation=cv2.INTER_AREA) for image in images]
        images = np.stack(small)
    return images.reshape(len(images), -1) / 255
