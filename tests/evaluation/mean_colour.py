"""A stand-in for extractors: three features, so that tests need no network."""

from pathlib import Path

import numpy as np
import torch

from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.features import FeatureSet
from frugalgan.evaluation.reference import reference
from frugalgan.evaluation.settings import Evaluate, Truncation

SIZE = 16  # px
SETTINGS = Evaluate(
    seed=2022, device="cpu", inception_weights="download", second_extractor="none", batch_size=4,
    classifier_images=5000, repeats=3,
    kid_subsets=5, precision_k=1, coverage_k=2, infinity_points=4, truncation=Truncation(("*biggan",), (2.0, 0.5)),
)  # fmt: skip


class MeanColour(Extractor):
    """The mean of each channel."""

    name, dimensions, resize = "mean_colour", 3, "none"

    def build(self, weights: Path) -> torch.nn.Module:
        return torch.nn.Identity()

    def features(self, batch: torch.Tensor) -> torch.Tensor:
        return batch.float().mean(dim=(2, 3))


COLOUR = MeanColour(Path(__file__), torch.device("cpu"))  # any file will do for weights


def pictures(n: int, seed: int = 0, size: int = SIZE) -> np.ndarray:
    """(n, 3, size, size) uint8 noise."""
    return np.random.default_rng(seed).integers(0, 256, (n, 3, size, size), dtype=np.uint8)


def cats(folder: Path, n: int = 30, heldout: int = 5) -> Path:
    """A prepared data set of noise."""
    folder.mkdir()
    np.save(folder / "images.npy", pictures(n))
    np.save(folder / "heldout.npy", pictures(heldout, seed=1))
    return folder


def sets_of(prepared: Path, *, n: int, seed: int = 0) -> dict[str, FeatureSet]:
    """What models of that data set are measured by."""
    return reference(COLOUR, prepared, name="cats", n=n, seed=seed, batch_size=4)
