"""The Inception Score's five failures, on real images: the table of docs/metrics.md.

    python benchmarks/what_inception_score_misses.py data/prepared/digits cats.npy dogs.npy

The folder is that of scikit-learn's digits, prepared with labels; arrays are of prepared photographs, (N, 3, S, S)
uint8. A few minutes on two cores. Without photographs the row of textures is left out.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from what_metrics_see import shuffled

from frugalgan.data.facts import HELDOUT, HELDOUT_LABELS, IMAGES, LABELS
from frugalgan.evaluation.classifier import Classifier, classifier_of
from frugalgan.evaluation.features import extractor
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.metrics.inception_score import inception_score
from frugalgan.evaluation.metrics.memorisation import closer_than_heldout, heldout_limit
from frugalgan.evaluation.metrics.precision_recall import density_coverage, precision_recall
from frugalgan.report.tables import markdown

NETWORK = "efficientnet_lite0_64"
OF_IMAGENET = "efficientnet_lite0"  # at 224 px, as it was trained
N = 150  # images of each set
COLUMNS = ["images", "classifier", "score", "score_of_real", "distance", "recall", "coverage", "copies"]


@dataclass(frozen=True)
class Real:
    """Real images of one kind: N to be judged as if a model had made them, and what they are judged by."""

    judged: np.ndarray
    training: np.ndarray
    heldout: np.ndarray

    def ruler(self) -> Callable[[np.ndarray], dict[str, float]]:
        """Images → distance as a multiple of that of `judged`, recall, coverage, share of copies."""
        network = extractor(NETWORK)

        def features(images: np.ndarray) -> np.ndarray:
            return network(images if images.shape[1] == 3 else np.repeat(images, 3, axis=1), batch_size=4)

        training, heldout = features(self.training), features(self.heldout)
        floor = frechet_distance(features(self.judged), training)

        def measure(images: np.ndarray) -> dict[str, float]:
            fake = features(images)
            return {
                "distance": frechet_distance(fake, training) / floor,
                "recall": precision_recall(training, fake, k=3)[1],
                "coverage": density_coverage(training, fake, k=5)[1],
                "copies": closer_than_heldout(fake, training, heldout_limit(training, heldout)),
            }

        return measure


def table(digits: Path, photographs: tuple[np.ndarray, np.ndarray] | None) -> pd.DataFrame:
    """A row per failure."""
    rows = of_digits(digits)
    if photographs is not None:
        rows["3 textures without shape"] = of_photographs(*photographs)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("failure").sort_index().loc[:, COLUMNS].round(2)


def of_digits(folder: Path) -> dict[str, dict[str, float | str]]:
    """Four of them, and real digits."""
    images, labels = np.load(folder / IMAGES), np.load(folder / LABELS)
    others, other_labels = np.load(folder / HELDOUT), np.load(folder / HELDOUT_LABELS)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(others))
    judged, judged_labels = others[order[:N]], other_labels[order[:N]]
    measure = Real(judged, images, others[order[N:]]).ruler()

    def some(chosen: np.ndarray) -> np.ndarray:
        """N held-out digits of those at these places."""
        return others[rng.choice(np.flatnonzero(chosen), N, replace=chosen.sum() < N)]

    whole = classifier_of(folder, len(images), 0)
    of_half = _classifier(folder, images[labels < 5], labels[labels < 5])
    parity = _classifier(folder, images, labels % 2)
    repeated = np.concatenate([judged[judged_labels == label][:1] for label in range(10)])[np.arange(N) % 10]
    cases = {
        "0 none": ("real digits", "ten digits", judged, whole),
        "1 a class the classifier never saw": ("only digits 0 to 4", "of 0 to 4", some(other_labels < 5), of_half),
        "2 another label set": ("only digits 0 and 1", "odd or even", some(other_labels < 2), parity),
        "4 one image per class, repeated": ("ten images, each 15 times", "ten digits", repeated, whole),
        "5 memorised training images": (
            "training digits",
            "ten digits",
            images[rng.permutation(len(images))[:N]],
            whole,
        ),
    }
    return {
        name: {
            "images": shown,
            "classifier": asked,
            "score": _score(classifier, some_images),
            "score_of_real": _score(classifier, judged),
            **measure(some_images),
        }
        for name, (shown, asked, some_images, classifier) in cases.items()
    }


def of_photographs(cats: np.ndarray, dogs: np.ndarray) -> dict[str, float | str]:
    """Real photographs whose four quarters are shuffled, to ImageNet's classes."""
    rng = np.random.default_rng(0)
    cats, dogs = cats[rng.permutation(len(cats))], dogs[rng.permutation(len(dogs))]
    half, training = N // 2, 200
    parts = [np.concatenate([cats[at], dogs[at]]) for at in (slice(half), slice(half, training), slice(training, 500))]
    judged, heldout, learnt = parts
    spoilt = shuffled(judged, judged.shape[-1] // 2, rng)
    network = extractor(OF_IMAGENET)

    def score(images: np.ndarray) -> float:
        logits = network.logits(network(images, batch_size=4))
        assert logits is not None
        return inception_score(logits, splits=1)[0]

    return {
        "images": "cats and dogs, 4 squares shuffled",
        "classifier": "ImageNet's",
        "score": score(spoilt),
        "score_of_real": score(judged),
        **Real(judged, learnt, heldout).ruler()(spoilt),
    }


def _classifier(folder: Path, images: np.ndarray, labels: np.ndarray) -> Classifier:
    """One of these labels; it is judged by what it learnt from."""
    with tempfile.TemporaryDirectory() as name:
        np.save(Path(name) / IMAGES, images)
        np.save(Path(name) / LABELS, labels)
        return classifier_of(Path(name), len(images), 0)


def _score(classifier: Classifier, images: np.ndarray) -> float:
    logits = classifier.logits(images)
    assert logits is not None
    return inception_score(logits, splits=1)[0]


if __name__ == "__main__":
    folder, *arrays = map(Path, sys.argv[1:])
    photographs = (np.load(arrays[0]), np.load(arrays[1])) if arrays else None
    print(markdown(table(folder, photographs)))
