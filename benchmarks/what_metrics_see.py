"""Real photographs, spoilt in known ways: which metric notices what? The table of docs/metrics.md.

    python benchmarks/what_metrics_see.py cats.npy dogs.npy

Arrays of prepared images, (N, 3, S, S) uint8: at least 900 cats and 300 dogs. A few minutes on two cores. Numbers of a
distance are multiples of what as many untouched cats score; n = 200 against 500 real ones.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from frugalgan.evaluation.features import extractor
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.metrics.precision_recall import density_coverage, precision_recall
from frugalgan.evaluation.metrics.sliced_wasserstein import SlicedWasserstein
from frugalgan.evaluation.metrics.variety import spacing, variety
from frugalgan.report.tables import markdown

FIRST, SECOND = "efficientnet_lite0", "vgg16_edges"
N, REAL = 200, 500
BLURRED, NAMES = "blur, σ = 1 px", {"": "the first network", "second_": "the second"}
COLUMNS = ["distance", "second_distance", "swd", "recall", "coverage", "variety", "spacing", "second_variety"]


def spoilt(cats: np.ndarray, dogs: np.ndarray) -> dict[str, np.ndarray]:
    """Name → N images; `cats` are N and more that no metric's real images contain."""
    rng, some = np.random.default_rng(0), cats[:N]
    return {
        "untouched": some,
        BLURRED: blurred_by_1_px(some),
        "noise, σ = 10 of 255": _noisy(some, 10, rng),
        "colour: red × 0.8": (some * np.array([0.8, 1, 1])[:, None, None]).astype(np.uint8),
        "contrast × 0.7": (128 + 0.7 * (some.astype(np.float32) - 128)).astype(np.uint8),
        "squares of 16 px, shuffled": shuffled(some, 16, rng),
        "half the modes: the darker half": cats[np.argsort(cats.mean(axis=(1, 2, 3)))][:N],
        "half dogs": np.concatenate([some[: N // 2], dogs[: N // 2]]),
        "dogs": dogs[rng.permutation(len(dogs))[:N]],
        "ten images, again and again, noise σ = 4": _noisy(some[np.arange(N) % 10], 4, rng),
        "one image, again and again, noise σ = 4": _noisy(np.repeat(some[:1], N, axis=0), 4, rng),
    }


def table(cats: np.ndarray, dogs: np.ndarray, only: Sequence[str] = ()) -> pd.DataFrame:
    """One row per kind of damage. `only`: compute these rows alone, "untouched" among them; the two rows of chosen
    images are then left out."""
    order = np.random.default_rng(1).permutation(len(cats))
    real, rest = cats[order[:REAL]], cats[order[REAL:]]
    networks = {"": extractor(FIRST), "second_": extractor(SECOND)}
    of_real = {prefix: network(real, batch_size=8) for prefix, network in networks.items()}
    pixels = SlicedWasserstein(real, 0)

    def row(images: np.ndarray) -> dict[str, float]:
        found = {"swd": pixels(images)}
        for prefix, network in networks.items():
            fake, true = network(images, batch_size=8), of_real[prefix]
            found[f"{prefix}distance"] = frechet_distance(fake, true)
            found[f"{prefix}recall"] = precision_recall(true, fake, k=3)[1]
            found[f"{prefix}coverage"] = density_coverage(true, fake, k=5)[1]
            found[f"{prefix}variety"], found[f"{prefix}spacing"] = variety(fake, true), spacing(fake, true)
        return found

    rows = {name: row(images) for name, images in spoilt(rest, dogs).items() if not only or name in only}
    blurred = blurred_by_1_px(rest)
    for prefix, network in networks.items() if not only else ():
        chosen = pleasing(network(blurred, batch_size=8), of_real[prefix].mean(axis=0))
        rows[f"{BLURRED}, the {N} of {len(rest)} that please {NAMES[prefix]} most"] = row(blurred[chosen])
    found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("images")
    for distance in ("distance", "second_distance", "swd"):
        found[distance] /= found.loc["untouched", distance]
    return found.loc[:, COLUMNS].round(2)


def blurred_by_1_px(images: np.ndarray) -> np.ndarray:
    return np.stack([cv2.GaussianBlur(image.transpose(1, 2, 0), (0, 0), 1).transpose(2, 0, 1) for image in images])


def _noisy(images: np.ndarray, sd: float, rng: np.random.Generator) -> np.ndarray:
    return (images + rng.normal(scale=sd, size=images.shape)).clip(0, 255).astype(np.uint8)


def shuffled(images: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    n, c, size, _ = images.shape
    count = size // side
    squares = images.reshape(n, c, count, side, count, side).transpose(0, 2, 4, 1, 3, 5).reshape(n, -1, c, side, side)
    squares = np.stack([one[rng.permutation(count**2)] for one in squares])
    squares = squares.reshape(n, count, count, c, side, side).transpose(0, 3, 1, 4, 2, 5)
    return squares.reshape(n, c, size, size)


def pleasing(features: np.ndarray, target: np.ndarray, n: int = N) -> list[int]:
    """n of the images, one after the other that which brings their mean feature nearest to the real one (herding)."""
    chosen: list[int] = []
    total = np.zeros(features.shape[1])
    for count in range(1, n + 1):
        misses = np.square((total + features) / count - target).sum(axis=1)
        misses[chosen] = np.inf
        chosen.append(int(misses.argmin()))
        total += features[chosen[-1]]
    return chosen


if __name__ == "__main__":
    print(markdown(table(*(np.load(Path(file)) for file in sys.argv[1:3]))))
