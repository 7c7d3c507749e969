"""Section `evaluate` of params.yaml: how every model's images are measured."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT, Count, Device, ExtractorName, ParamsError, Positive, Seed, Text
from frugalgan.config.study import Study
from frugalgan.files import from_project

NONE = "none"  # no second network


@dataclass(frozen=True, config=ConfigDict(**STRICT | {"strict": False}))
class Truncation:
    """`evaluate.truncation`: which models are measured with truncated codes too."""

    models: Annotated[tuple[Text, ...], Field(strict=False)]  # patterns of names
    thresholds: Annotated[tuple[Positive, ...], Field(strict=False)]  # of |z|; of generators with styles ψ


@dataclass(frozen=True, config=STRICT)
class Evaluate:
    """Section `evaluate`: how many images are measured, by which networks."""

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

    def networks(self, study: Study, data: str) -> tuple[str, ...]:
        """The names of the networks that judge images of a data set: one, or two. Raises ParamsError."""
        first, second = study.dataset(data).extractor, self.second_extractor
        if first == second:
            raise ParamsError(
                f"{study.params}: evaluate.second_extractor: {second} is the extractor of {data} itself: choose "
                f"another, or {NONE}"
            )
        return (first,) if second == NONE else (first, second)
