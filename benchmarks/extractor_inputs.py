"""Do small inputs of the feature extractor order images as its large one does? Distortions of real images, measured by
each: python benchmarks/extractor_inputs.py data/prepared/cats/images.npy …"""

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import spearmanr

from frugalgan.evaluation.features import extractor
from frugalgan.evaluation.metrics.frechet import frechet_distance

LARGE, SMALL = "efficientnet_lite0", ("efficientnet_lite0_mid64", "efficientnet_lite0_64")
BATCH, MOST = 4, 500
Distortion = Callable[[np.ndarray, np.random.Generator], np.ndarray]  # (N, C, S, S) uint8 → the same


def each(change: Callable[[np.ndarray], np.ndarray]) -> Distortion:
    """A change of single images (S, S, C)."""

    def changed(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        pictures = [np.atleast_3d(change(image.transpose(1, 2, 0))) for image in images]
        return np.stack(pictures).transpose(0, 3, 1, 2)

    return changed


def blur(sd: float) -> Distortion:
    return each(lambda image: cv2.GaussianBlur(image, (0, 0), sd))


def noise(sd: float) -> Distortion:
    return lambda images, rng: np.clip(images + rng.normal(0, sd, images.shape), 0, 255).astype(np.uint8)


def jpeg(quality: int) -> Distortion:
    def coded(image: np.ndarray) -> np.ndarray:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR if image.shape[2] == 3 else cv2.IMREAD_GRAYSCALE))

    return each(coded)


def shuffled(cells: int) -> Distortion:
    """Squares of each image in another order, `cells` a side."""

    def changed(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        n, c, side, _ = images.shape
        part = side // cells
        squares = images.reshape(n, c, cells, part, cells, part).transpose(0, 2, 4, 1, 3, 5)
        mixed = np.stack([rng.permutation(image) for image in squares.reshape(n, -1, c, part, part)])
        return mixed.reshape(n, cells, cells, c, part, part).transpose(0, 3, 1, 4, 2, 5).reshape(images.shape)

    return changed


def few(count: int) -> Distortion:
    """So many images, again and again."""
    return lambda images, rng: images[rng.integers(0, count, len(images))]


def halved(image: np.ndarray) -> np.ndarray:
    small = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)


DISTORTIONS: dict[str, Distortion] = {
    "none": lambda images, rng: images,
    **{f"blur {sd}": blur(sd) for sd in (0.5, 1, 2)},
    **{f"noise {sd}": noise(sd) for sd in (5, 15, 30)},
    **{f"JPEG {quality}": jpeg(quality) for quality in (60, 20)},
    **{f"shuffled {cells}×{cells}": shuffled(cells) for cells in (2, 4)},
    **{f"{count} images": few(count) for count in (50, 10)},
    "less contrast": lambda images, rng: (127 + (images - 127.0) * 0.6).astype(np.uint8),
    "half the pixels": each(halved),
    "two mixed": lambda images, rng: ((images + 1.0 * images[rng.permutation(len(images))]) / 2).astype(np.uint8),
}


def distances(name: str, real: np.ndarray, others: list[np.ndarray]) -> list[float]:
    """Of each of `others` to `real`, by that extractor."""
    network = extractor(name)

    def features(images: np.ndarray) -> np.ndarray:
        rgb = images if images.shape[1] == 3 else np.repeat(images, 3, axis=1)
        return network(np.ascontiguousarray(rgb), batch_size=BATCH * network.batch_factor)

    reference = features(real)
    return [frechet_distance(features(images), reference) for images in others]


def main(files: list[str]) -> None:
    print(f"| images | n | {' | '.join(SMALL)} |\n|---|---|{'---|' * len(SMALL)}")
    for file in files:
        rng = np.random.default_rng(0)
        images = rng.permutation(np.load(file))[: 2 * MOST]
        real, other = np.array_split(images, 2)
        changed = [distort(other, rng) for distort in DISTORTIONS.values()]
        large = distances(LARGE, real, changed)
        found = [spearmanr(large, distances(name, real, changed))[0] for name in SMALL]
        print(f"| {Path(file).parent.name} | {len(other)} | {' | '.join(f'{one:.3f}' for one in found)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
