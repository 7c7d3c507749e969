"""A classifier of one data set's real images: do conditional models obey, and how sure and how varied are images?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from frugalgan.data.arrays import load_array
from frugalgan.data.batches import stream_seed
from frugalgan.data.facts import HELDOUT, HELDOUT_LABELS, IMAGES, LABELS
from frugalgan.evaluation.reference import chosen_rows

SIDE = 32  # px at most, of what the classifier sees
FOLDS = 3  # of real images, by which its probabilities are calibrated
SIGNIFICANCE = 0.05  # at which it is worse than guessing


class ClassifierError(ValueError):
    """Labels that do not fit the pictures: what learnt from them is worse than guessing."""


@dataclass(frozen=True)
class Classifier:
    """A support vector machine with probabilities (Platt 1999), and how it did on real images."""

    machine: Any
    calibrated: Any  # None where a label has fewer than two images
    learnt: int  # real images
    accuracy: float  # a share, of the `judged` real images
    judged: int
    heldout: bool  # whether these were held out; else it learnt from them
    judged_logits: np.ndarray | None  # of these, as `logits` gives them

    def labels(self, images: np.ndarray) -> np.ndarray:
        """(N, C, S, S) uint8 → (N,) labels."""
        return self.machine.predict(_pixels(images))

    def logits(self, images: np.ndarray) -> np.ndarray | None:
        """(N, C, S, S) uint8 → (N, labels) logarithms of probabilities; None where it has no probabilities."""
        return None if self.calibrated is None else _log(self.calibrated.predict_proba(_pixels(images)))

    def inception_score(self, n: int, repeats: int, seed: int) -> float | None:
        """What the `judged` real images score: the mean over `repeats` random choices of n of them, or the score of all
        where there are no more. It compares with that of n samples. None where it has no probabilities."""
        from frugalgan.evaluation.metrics.inception_score import inception_score  # SciPy's functions take 0.2 s

        if self.judged_logits is None:
            return None
        choices = (
            self.judged_logits[chosen_rows(self.judged, n, stream_seed(seed, "inception_score", number))]
            for number in range(repeats)
        )
        return float(np.mean([inception_score(chosen, splits=1)[0] for chosen in choices]))


def classifier_of(data: Path, n: int, seed: int) -> Classifier:
    """A classifier that learnt from `n` training images at most of the prepared folder `data`, judged by as many held-
    out ones, or without any by those that it learnt from. Raises ClassifierError where it is worse than guessing."""
    from scipy.stats import binomtest
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import SVC  # takes a second

    def some(part: str, labels: str) -> tuple[np.ndarray, np.ndarray]:
        told = load_array(data / labels)
        rows = chosen_rows(len(told), n, stream_seed(seed, "classifier"))
        return _pixels(load_array(data / part)[rows]), told[rows]

    pixels, told = learnt = some(IMAGES, LABELS)
    counts = np.bincount(told)
    folds, calibrated = min(FOLDS, int(counts[counts > 0].min())), None
    if folds > 1:
        calibrated = CalibratedClassifierCV(SVC(), cv=folds, ensemble=False)  # pyright: ignore[reportArgumentType]
        calibrated.fit(pixels, told)
        (whole,) = calibrated.calibrated_classifiers_
        machine: SVC = whole.estimator  # pyright: ignore[reportAssignmentType, reportOptionalMemberAccess]: of all of them
    else:
        machine = SVC().fit(pixels, told)
    heldout = has_heldout(data)
    pixels, told = some(HELDOUT, HELDOUT_LABELS) if heldout else learnt
    right, classes = int((machine.predict(pixels) == told).sum()), int((counts > 0).sum())
    if binomtest(right, len(told), 1 / classes, alternative="less").pvalue < SIGNIFICANCE:
        raise ClassifierError(
            f"{data / LABELS}: a classifier that learnt from these labels is right for {right / len(told):.0%} of "
            f"{len(told)} real images, less than by guessing ({1 / classes:.0%}): they do not fit the pictures; see "
            f"labels and source of datasets.{data.name} in params.yaml"
        )
    logits = None if calibrated is None else _log(calibrated.predict_proba(pixels))
    return Classifier(machine, calibrated, len(learnt[1]), right / len(told), len(told), heldout, logits)


def has_labels(data: Path) -> bool:
    """Whether the prepared folder has labels of its images."""
    return (data / LABELS).is_file() and len(load_array(data / LABELS)) > 0


def has_heldout(data: Path) -> bool:
    """Whether the prepared folder has held-out images with labels."""
    return (data / HELDOUT_LABELS).is_file() and len(load_array(data / HELDOUT_LABELS)) > 0


def agreement(labels: np.ndarray, classes: int) -> float:
    """The share of images, asked for as 0, 1, …, classes − 1, 0, …, whose `labels` (N,) are these."""
    return float((labels == np.arange(len(labels)) % classes).mean())


def _log(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities, np.finfo(float).tiny))


def _pixels(images: np.ndarray) -> np.ndarray:
    if images.shape[-1] > SIDE:
        small = [cv2.resize(image.transpose(1, 2, 0), (SIDE, SIDE), interpolation=cv2.INTER_AREA) for image in images]
        images = np.stack([image if image.ndim == 2 else image.transpose(2, 0, 1) for image in small])
    return images.reshape(len(images), -1) / 255
