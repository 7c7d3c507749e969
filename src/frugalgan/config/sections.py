"""The rows of models.yaml, and the sections of params.yaml that rows name, as frozen dataclasses.

Sections that one room alone reads stand in that room (`settings.py`), methods and families of networks in their files.
"""

import difflib
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

DEVICES = ("auto", "cpu", "cuda", "mps")
OTHER_NAMES = {"gpu": "cuda", "nvidia": "cuda", "rocm": "cuda", "hip": "cuda", "metal": "mps", "apple": "mps"}
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

Count = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Beta = Annotated[float, Field(ge=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Text = Annotated[str, Field(min_length=1)]


def _device(name: str) -> str:
    if name in DEVICES or re.fullmatch(r"cuda:\d+", name):
        return name
    near = difflib.get_close_matches(name.lower(), (*DEVICES, "cuda:0"), n=1)
    hint = OTHER_NAMES.get(name.lower(), near[0] if near else "")
    raise ValueError(
        f"{name!r} is not allowed: it must be auto, cpu, cuda, cuda:N (GPU number N, from 0) or mps"
        + (f"; did you mean {hint}?" if hint else "")
    )


Device = Annotated[str, AfterValidator(_device)]
Part = Literal["generator", "critic", "encoder"]
ExtractorName = Literal[
    "inception", "efficientnet_lite0", "efficientnet_lite0_64", "efficientnet_lite0_mid64", "vgg16_edges"
]

Adaptation = Literal[
    "domain_vector",
    "domain_vector_plus",
    "style_space",
    "affine",
    "affine_plus",
    "affine_light",
    "hypernetwork",
    "hypernetwork_plus",
]

RANDOM = "random"  # as `from` of a row: the model starts from nothing


class ParamsError(ValueError):
    """models.yaml or params.yaml cannot be used; the message names file, key, value and what is allowed."""


@dataclass(frozen=True, config=STRICT)
class Row:
    """A model: names of sections, and how often it is trained."""

    data: Text
    method: Text
    networks: Text
    source: Annotated[str, Field(min_length=1, validation_alias="from")]
    start: Text
    budget: Text
    recipe: Text
    seeds: Annotated[int, Field(ge=1, le=100)]

    def words(self) -> dict[str, str]:
        """The names that it consists of, by their keys in models.yaml."""
        return {
            "data": self.data,
            "method": self.method,
            "networks": self.networks,
            "from": self.source,
            "start": self.start,
            "budget": self.budget,
            "recipe": self.recipe,
        }


@dataclass(frozen=True, config=STRICT)
class Dataset:
    """Which pictures a model learns, how they are prepared, and by what models of them are judged."""

    source: Text  # drawn | kaggle | sklearn | mnist | a folder
    subject: Literal["cat", "dog", "any"]
    count: Natural
    crop: Literal["eyes", "thesis", "centre"]
    size: Literal[32, 64, 128, 256, 512]
    colour: bool
    style: Text  # none, or names of transformations of the prepared images, with a + between them
    mirror: bool
    labels: bool
    extractor: ExtractorName
    samples: Annotated[int, Field(ge=4)]
    reference: Annotated[int, Field(ge=4)]
    moment_samples: Annotated[int, Field(ge=6)]  # the six fixed vectors are the first of them

    @model_validator(mode="after")
    def _styles_are_labels(self) -> "Dataset":
        if len(set(self.styles)) < len(self.styles):
            raise ValueError(f"style: {self.style} names one twice")
        if len(self.styles) > 1 and not self.labels:
            raise ValueError("several styles are told apart by labels: set `labels: true`")
        return self

    @property
    def styles(self) -> tuple[str, ...]:
        """Of several, each picture is there in each, and its label is the style's name."""
        return tuple(name.strip() for name in self.style.split("+"))

    @property
    def channels(self) -> int:
        """3 for RGB, 1 for grey."""
        return 3 if self.colour else 1


@dataclass(frozen=True, config=STRICT)
class Budget:
    """How long a model is trained."""

    kimg: Annotated[float, Field(ge=0)]
    batch_size: Count
    pictures: Natural = 0  # so many of the data set's, of the seed's choice (few-shot); 0: all

    @model_validator(mode="after")
    def _fits_together(self) -> "Budget":
        if 0 < self.pictures < self.batch_size:
            raise ValueError(f"pictures: {self.pictures} do not fill a batch of {self.batch_size}: lower batch_size")
        return self


@dataclass(frozen=True, config=STRICT)
class Start:
    """What a model does with the one that its row names in `from`. A key that is left out asks for nothing."""

    weights: Annotated[tuple[Part, ...], Field(strict=False)] = ()  # parts that start with the source's weights
    teacher: bool = False  # the source is a teacher that the method asks
    generator_layers: Natural = 0  # of the generator, counted from z, never train
    critic_layers: int = 0  # of the critic, counted from the image, never train; -2: all but the last two
    wait: Share = 0.0  # share of the budget in which the generator, or its first `layers` layers, do not train
    layers: Natural = 0
    adaptation: Adaptation | None = None  # of the generator, whose weights do not train

    @model_validator(mode="after")
    def _fits_together(self) -> "Start":
        if self.adaptation and (self.generator_layers or self.layers):
            raise ValueError(f"adaptation {self.adaptation} freezes all of the generator: leave its layers out")
        if self.layers and not self.wait:
            raise ValueError("layers says which layers wait: set wait, the share of the budget for which they do")
        return self

    @property
    def needs_source(self) -> bool:
        """Whether it makes no sense without a trained model."""
        return bool(self.weights) or self.teacher


@dataclass(frozen=True, config=STRICT)
class GanRecipe:
    """Switches of adversarial training, for every GAN. What is left out is as the method has it, or off."""

    loss: Literal["wasserstein", "non_saturating", "hinge", "relativistic"] | None = None
    r1: NotNegative = 0.0  # γ of a penalty on the critic's gradient at real images, and of r2 at generated ones
    r2: NotNegative = 0.0
    penalty_every: Count = 1  # critic updates; then penalties count so many times as much
    clip: NotNegative = 0.0  # the critic's weights stay within ± this; 0: free
    lecam: NotNegative = 0.0  # λ of a pull of the critic's outputs towards running means of the other kind's
    orthogonal: NotNegative = 0.0  # β of a penalty on products of unlike rows of the generator's weights
    ema_kimg: NotNegative | None = None  # half-life of the generator's running average; 0: none; default: ema_decay
    augment: Annotated[tuple[Literal["colour", "translation", "cutout"], ...], Field(strict=False)] = ()
    n_critic: Count | None = None
    learning_rate: Positive | None = None
    critic_learning_rate: Positive | None = None
    beta1: Beta | None = None
    beta2: Beta | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "GanRecipe":
        if len(set(self.augment)) < len(self.augment):
            raise ValueError(f"augment: {', '.join(self.augment)} names one twice")
        return self

    def instead(self) -> dict[str, int | float]:
        """The keys of a method's section that it has another value of."""
        names = ("n_critic", "learning_rate", "critic_learning_rate", "beta1", "beta2")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, config=STRICT)
class Pool:
    """Images that a trained model makes once, for students that learn from them instead of from the model."""

    source: Annotated[str, Field(min_length=1, validation_alias="from")]
    images: Count
