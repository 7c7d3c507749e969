"""Section `evaluate` of params.yaml: how every model's images are measured."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT, Count, Device, ExtractorName, Positive, Seed, Text
from frugalgan.files import from_project


@dataclass(frozen=True, config=ConfigDict(**STRICT | {"strict": False}))
class Truncation:
    models: Annotated[tuple[Text, ...], Field(strict=False)]  # patterns of names
    thresholds: Annotated[tuple[Positive, ...], Field(strict=False)]  # of |z|


@dataclass(frozen=True, config=STRICT)
class Evaluate:
    seed: Seed
    device: Device
    inception_weights: Text
    second_extractor: ExtractorName | Literal["none"]
    batch_size: Count
    classifier_images: Count
    repeats: Annotated[int, Field(ge=2)]
    kid_subsets: Count
    precision_k: Count
    coverage_k: Count
    infinity_points: Annotated[int, Field(ge=4)]
    truncation: Truncation

    @property
    def weights_file(self) -> Path | None:
        """Inception's weights, or None where they are to be downloaded."""
        return None if self.inception_weights == "download" else from_project(Path(self.inception_weights))
