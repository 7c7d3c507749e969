"""Images → features, once per image set; a features file; and the check that two sets may be compared."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from frugalgan.extractors.base import Extractor, ExtractorError
from frugalgan.files import replaced
from frugalgan.provenance import versions

CHOICES = ("efficientnet_lite0", "inception")
CPU = torch.device("cpu")


class FeaturesError(ValueError):
    """A features file cannot be used, or two sets of features cannot be compared."""


@dataclass(frozen=True)
class Provenance:
    """All that decides whether two sets of features may be compared, and where they came from."""

    extractor: str
    extractor_sha256: str  # of its weights file
    resize: str
    image_height: int  # px, before the extractor's resize
    image_width: int
    n: int
    source: str
    seed: int  # the param by which the images were chosen or drawn
    data_sha256: str  # of the n images, not of a file
    versions: dict[str, str]


@dataclass(frozen=True)
class FeatureSet:
    """(n, d) float32 features of n images, in the images' order."""

    features: np.ndarray
    provenance: Provenance


def extractor(name: str, inception_weights: Path | None = None, device: torch.device = CPU) -> Extractor:
    """The extractor of that name. `inception_weights`: pytorch-fid's file, None = downloaded. Raises ExtractorError.

    Each is imported here because torchvision, which Inception needs, takes seconds.
    """
    if name == "efficientnet_lite0":
        from frugalgan.extractors.efficientnet_lite import EfficientNetLite0

        return EfficientNetLite0(device)
    if name == "inception":
        from frugalgan.extractors.inception import Inception

        return Inception(inception_weights, device)
    raise ExtractorError(f"evaluate.extractor: {name!r} is not one of {', '.join(CHOICES)}")


def extract(
    extractor: Extractor, images: Tensor | np.ndarray, *, source: str, seed: int, batch_size: int
) -> FeatureSet:
    """Features of (N, 3, H, W) uint8 images, with their provenance."""
    pixels = np.ascontiguousarray(images)
    provenance = Provenance(
        extractor=extractor.name,
        extractor_sha256=extractor.weights_sha256,
        resize=extractor.resize,
        image_height=pixels.shape[2],
        image_width=pixels.shape[3],
        n=len(pixels),
        source=source,
        seed=seed,
        data_sha256=hashlib.sha256(pixels.data).hexdigest(),
        versions=versions(),
    )
    return FeatureSet(extractor(pixels, batch_size=batch_size), provenance)


def check_comparable(a: Provenance, b: Provenance) -> None:
    """Raises FeaturesError, naming the difference, unless extractor, weights, resize and image size are the same."""
    for field in ("extractor", "extractor_sha256", "resize", "image_height", "image_width"):
        ours, theirs = getattr(a, field), getattr(b, field)
        if ours != theirs:
            raise FeaturesError(
                f"{a.source} and {b.source} cannot be compared: {field} is {ours} and {theirs}; "
                "extract both anew with one setting (dvc repro)"
            )


def save_features(path: Path, sets: Mapping[str, FeatureSet]) -> None:
    """One .npz, no pickles: `<name>` (n, d) float32 and `<name>_provenance` (JSON) for each set; atomically."""
    arrays: dict[str, np.ndarray] = {}
    for name, item in sets.items():
        arrays[name] = item.features.astype(np.float32, copy=False)
        arrays[f"{name}_provenance"] = np.array(json.dumps(asdict(item.provenance)))
    with replaced(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_features(path: Path, name: str) -> FeatureSet:
    """The set `name` of a file of `save_features`. Raises FileNotFoundError or FeaturesError."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such features file; make it with `dvc repro` or get it with `dvc pull`")
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return FeatureSet(file[name], Provenance(**json.loads(str(file[f"{name}_provenance"]))))
    except (ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise FeaturesError(f"{path}: no features of {name!r} in it ({error}); delete it and run `dvc repro`") from None
