"""Images → features, once per image set; a features file; and the check that two sets may be compared."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor

from frugalgan.config.sections import ExtractorName
from frugalgan.evaluation.extractors.base import Extractor, ExtractorError
from frugalgan.files import replaced
from frugalgan.provenance import versions

COMPARABLE = ("extractor", "extractor_sha256", "resize", "image_height", "image_width")
CHOICES = get_args(ExtractorName)
PROVENANCE = "_provenance"  # ending of its name in a features file
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

    def chosen(self, rows: np.ndarray, images: np.ndarray) -> "FeatureSet":
        """The features of some of the images: `rows` says which, `images` (len(rows), 3, H, W) are these."""
        known = replace(self.provenance, n=len(rows), data_sha256=_sha256(images))
        return FeatureSet(self.features[rows], known)


def extractor(name: str, inception_weights: Path | None = None, device: torch.device = CPU) -> Extractor:
    """The extractor of that name. `inception_weights`: pytorch-fid's file, None = downloaded. Raises ExtractorError.

    Each is imported here because torchvision, which Inception needs, takes seconds.
    """
    if name.startswith("efficientnet_lite0"):
        from frugalgan.evaluation.extractors import efficientnet_lite as lite

        for kind in (lite.EfficientNetLite0, lite.EfficientNetLite0At64, lite.EfficientNetLite0Middle64):
            if kind.name == name:
                return kind(device)
    if name == "inception":
        from frugalgan.evaluation.extractors.inception import Inception

        return Inception(inception_weights, device)
    if name == "vgg16_edges":
        from frugalgan.evaluation.extractors.vgg16_edges import Vgg16Edges

        return Vgg16Edges(device)
    raise ExtractorError(f"datasets.<name>.extractor: {name!r} is not one of {', '.join(CHOICES)}")


def extract(
    extractor: Extractor, images: Tensor | np.ndarray, *, source: str, seed: int, batch_size: int
) -> FeatureSet:
    """Features of (N, 3, H, W) uint8 images, or of grey ones (N, 1, H, W) as RGB, with their provenance.

    `batch_size` images go through a network at 224×224 px or more at a time, more through one of a smaller input.
    """
    pixels = np.ascontiguousarray(as_rgb(np.asarray(images)))
    provenance = Provenance(
        extractor=extractor.name,
        extractor_sha256=extractor.weights_sha256,
        resize=extractor.resize,
        image_height=pixels.shape[2],
        image_width=pixels.shape[3],
        n=len(pixels),
        source=source,
        seed=seed,
        data_sha256=_sha256(pixels),
        versions=versions(),
    )
    return FeatureSet(extractor(pixels, batch_size=batch_size * extractor.batch_factor), provenance)


def as_rgb(images: np.ndarray) -> np.ndarray:
    """(N, 3, H, W) as they are; grey ones (N, 1, H, W) → (N, 3, H, W), three times the same."""
    return images if images.shape[1] != 1 else np.repeat(images, 3, axis=1)


def facts_of_images(name: str, item: FeatureSet) -> dict[str, Any]:
    """n, seed and sha256 of a set's images, flat, for a metrics file; `name` says what they are there."""
    known = item.provenance
    return {f"n_{name}": known.n, f"{name}_seed": known.seed, f"{name}_sha256": known.data_sha256}


def facts_of_extractor(item: FeatureSet) -> dict[str, Any]:
    """What must be equal for two numbers to be compared, and the versions, flat, for a metrics file."""
    known = item.provenance
    return {name: getattr(known, name) for name in COMPARABLE} | known.versions


def check_comparable(a: Provenance, b: Provenance) -> None:
    """Raises FeaturesError, naming the difference, unless extractor, weights, resize and image size are the same."""
    for field in COMPARABLE:
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
        arrays[f"{name}{PROVENANCE}"] = np.array(json.dumps(asdict(item.provenance)))
    with replaced(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_features(path: Path) -> dict[str, FeatureSet]:
    """All sets of a file of `save_features`, by name. Raises FileNotFoundError or FeaturesError."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such features file; make it with `dvc repro` or get it with `dvc pull`")
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            names = [name for name in file.files if not name.endswith(PROVENANCE)]
            return {name: FeatureSet(file[name], _provenance(file[f"{name}{PROVENANCE}"])) for name in names}
    except (ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise FeaturesError(f"{path}: not a whole features file ({error}); delete it and run `dvc repro`") from None


def _provenance(text: np.ndarray) -> Provenance:
    return Provenance(**json.loads(str(text)))


def _sha256(images: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()
