"""The sections of params.yaml that belong to no single method, as frozen dataclasses without defaults."""

import fnmatch
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Beta = Annotated[float, Field(ge=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Text = Annotated[str, Field(min_length=1)]
Moment = Annotated[int, Field(ge=6)]  # the six fixed vectors are the first of them
Extractor = Literal["inception", "efficientnet_lite0", "efficientnet_lite0_64"]


class ParamsError(ValueError):
    """params.yaml cannot be used; the message names section, key, value and what is allowed."""


@dataclass(frozen=True, config=STRICT)
class Data:
    source: Text
    seed: Seed


@dataclass(frozen=True, config=STRICT)
class Prepare:
    crop: Literal["eyes", "thesis"]
    max_rejected: Share


@dataclass(frozen=True, config=STRICT)
class Networks:
    latent_size: Count


@dataclass(frozen=True, config=STRICT)
class Training:
    precision: Literal["auto", "float32", "bf16"]
    flip: bool
    ema_decay: Beta
    device: Literal["auto", "cpu", "cuda"]
    moment_samples: Moment
    accumulate: Count
    critic_parts: Count
    term_by_term: bool
    recompute: bool
    compile: bool
    channels_last: bool
    tf32: bool
    snapshot_kimg: Positive
    devices: Count
    nodes: Count
    strategy: Literal["auto", "ddp"]

    @model_validator(mode="after")
    def _fits_together(self) -> "Training":
        if self.compile and self.recompute:
            raise ValueError("compile and recompute exclude each other: compiled code decides itself what it keeps")
        return self


@dataclass(frozen=True, config=STRICT)
class Sample:
    seed: Seed


@dataclass(frozen=True, config=STRICT)
class Evaluate:
    extractor: Extractor
    inception_weights: Text
    batch_size: Count
    repeats: Annotated[int, Field(ge=2)]
    kid_subsets: Count
    precision_k: Count
    coverage_k: Count
    infinity_points: Annotated[int, Field(ge=4)]

    @property
    def weights_file(self) -> Path | None:
        """Inception's weights, or None where they are to be downloaded."""
        return None if self.inception_weights == "download" else Path(self.inception_weights)


@dataclass(frozen=True, config=STRICT)
class Digits:
    """The study of decoders as generators: its data, its networks, how long and how often they train."""

    source: Text
    image_size: Literal[32, 64]
    latent_size: Count
    manifold_latent_size: Literal[2]
    generator_width: Count
    critic_width: Count
    batch_size: Count
    seeds: Annotated[list[Seed], Field(min_length=2)]
    digits_autoencoder_kimg: Positive
    digits_kimg: Positive
    digits_samples: Moment
    warmup: Share
    frozen_layers: Count
    frozen: Share
    extractor: Extractor
    extractor_batch_size: Count
    reference: Annotated[int, Field(ge=4)]
    classifier_images: Count

    @model_validator(mode="after")
    def _different_seeds(self) -> "Digits":
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds {self.seeds}: each must be another, for equal ones are no repetition")
        return self


@dataclass(frozen=True, config=STRICT)
class Compare:
    pairs: list[Annotated[str, Field(pattern=r"^\S+ / \S+$")]]
    significance: Annotated[float, Field(gt=0, lt=1)]

    def models(self, known: Iterable[str]) -> list[tuple[str, str]]:
        """The pairs of models of `known` that `pairs` asks for. Raises ParamsError for names that match none."""
        found: list[tuple[str, str]] = []
        known = list(known)
        for pair in self.pairs:
            ours, theirs = (fnmatch.filter(known, pattern) for pattern in pair.split(" / "))
            if not (ours and theirs):
                missing = pair.split(" / ")[bool(ours)]
                raise ParamsError(f"compare.pairs: {pair!r}: no model {missing}; there are {', '.join(known)}")
            found += [(a, b) for a in ours for b in theirs if a != b]
        return list(dict.fromkeys(found))


@dataclass(frozen=True, config=STRICT)
class Scale:
    image_size: Literal[32, 64, 128, 256, 512]
    generator_width: Count
    student_width: Count
    critic_width: Count
    batch_size: Count
    kd_batch_size: Count
    teacher_epochs: Positive
    model_2_epochs: Positive
    kd_epochs: Positive
    accelerated_epochs: Positive
    autoencoder_kimg: Positive
    digits_autoencoder_kimg: Positive
    digits_kimg: Positive
    digits_samples: Moment
    learning_rate: Positive
    n_critic: Count
    frozen_critic_layers: Annotated[int, Field(ge=0)]
    critic_parts: Count
    snapshot_kimg: Positive
    ema_decay: Beta
    samples: Annotated[int, Field(ge=4)]
    moment_samples: Moment
    extractor: Extractor
    drawn_scenes: Annotated[int, Field(ge=0)]
    drawn_cats: Annotated[int, Field(ge=0)]
    drawn_dogs: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, config=STRICT)
class KdSweep:
    """What students have in common: the part of section `kd` that the whole pipeline must know."""

    alpha: Share
    sweep: list[Share]
    pool: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, config=STRICT)
class Params:
    """What every stage may read. Methods read their own sections with `section`."""

    seed: Seed
    scale_name: Text
    scale: Scale
    data: Data
    prepare: Prepare
    networks: Networks
    training: Training
    sample: Sample
    evaluate: Evaluate
    compare: Compare
    digits: Digits
