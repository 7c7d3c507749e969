"""Params and rows of one model, as params.yaml and models.yaml would have them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frugalgan.config.study import Study, study
from frugalgan.direct.recipes import DEFAULT, RECIPES, SECTIONS
from frugalgan.direct.ways import ALONE, WAYS, Way
from frugalgan.direct.widths import DcganWidths, StyleGan2Widths
from frugalgan.export.layout import MODEL, PICTURES

SOURCE = "source"  # the name of the model that PICTURES' MODEL starts from
CARD, PAGE, SAMPLES, EXPORT = "README.md", "report.html", "samples.png", "export"  # of its folder
EXTRACTORS = {32: "efficientnet_lite0_mid64", 64: "efficientnet_lite0_64"}  # px → the network that judges; else 224 px
SMALLER = 4  # times as narrow a student's generator is


class ChoiceError(ValueError):
    """What is asked for cannot be made; the message says what can."""


@dataclass(frozen=True)
class Choice:
    """All that decides one model."""

    pictures: str  # the folder
    size: int  # px
    generator_width: int
    critic_width: int
    kimg: float
    batch_size: int
    seed: int = 0
    labels: bool = False
    how: str = ALONE  # of WAYS
    smaller: int = SMALLER  # of a distilled one
    recipe: str = DEFAULT  # of RECIPES
    features: bool = False  # a distilled one is compared by its critic, too
    source: str = ""  # the folder of the model that it learnt from or started with

    def __post_init__(self) -> None:
        """Raises ValueError."""
        for key, known in {"how": WAYS, "recipe": RECIPES}.items():
            if (value := getattr(self, key)) not in known:
                raise ValueError(f"{key} {value!r}: must be one of {', '.join(known)}")

    @property
    def way(self) -> Way:
        return WAYS[self.how]

    @property
    def widths(self) -> DcganWidths | StyleGan2Widths:
        """Of its source, where it is a student."""
        return RECIPES[self.recipe].networks(self.generator_width, self.critic_width)

    @property
    def own_widths(self) -> DcganWidths | StyleGan2Widths:
        """Of the model itself."""
        return self.widths.narrowed(self.smaller) if self.way.is_student else self.widths


def study_of(choice: Choice) -> Study:
    """The study of one model, `MODEL`; where it is distilled or adapted, `SOURCE` is a row, too."""
    recipe, way = RECIPES[choice.recipe], choice.way
    labels = {"conditional": choice.labels}
    networks = {SOURCE: choice.widths.family() | labels}
    switches = recipe.switches if way.has_source else recipe.switches_of(choice.size, choice.generator_width)
    if way.is_student:
        networks[choice.how] = choice.own_widths.student() | labels
        switches = switches | recipe.taught
    raw: dict[str, Any] = {
        "seed": choice.seed,
        "datasets": {PICTURES: _dataset(choice)},
        "networks": networks,
        "starts": {name: one.start for name, one in WAYS.items()},
        "budgets": {MODEL: {"kimg": choice.kimg, "batch_size": choice.batch_size}},
        "recipes": {SOURCE: recipe.switches, MODEL: switches | way.switches},
        "students": [],
        "pools": {},
        **SECTIONS,
        "prepare": {"max_rejected": 1.0, "max_megapixels": 128.0},
        "training": _training(),
        "evaluate": _evaluate(),
        "export": {"models": [], "runtime": "none"},
        "compare": {"pairs": [], "significance": 0.05},
    }
    words = {"data": PICTURES, "networks": SOURCE, "budget": MODEL, "recipe": MODEL, "seeds": 1}
    source = words | {"method": recipe.method, "from": "random", "start": ALONE}
    rows = {MODEL: source}
    if way.has_source:
        rows = {SOURCE: source | {"recipe": SOURCE}, MODEL: source | {"from": SOURCE, "start": choice.how}}
    if way.is_student:
        rows[MODEL] |= {"method": "kd_features" if choice.features else "kd", "networks": choice.how}
    return study(raw, {"models": rows}, Path("the command line"), Path("the command line"))


def _dataset(choice: Choice) -> dict[str, Any]:
    return {
        "source": choice.pictures,
        "subject": "any",
        "count": 0,
        "crop": "centre",
        "size": choice.size,
        "colour": True,
        "style": "none",
        "mirror": True,
        "labels": choice.labels,
        "extractor": EXTRACTORS.get(choice.size, "efficientnet_lite0"),
        "samples": 500,
        "reference": 1000,
        "moment_samples": 48,
    }


def _training() -> dict[str, Any]:
    return {
        "device": "auto",
        "devices": 1,
        "nodes": 1,
        "strategy": "auto",
        "ema_decay": 0.995,
        "snapshot_kimg": 1.0,
        "precision": "auto",
        "critic_parts": 1,
        "term_by_term": True,
        "recompute": False,
        "accumulate": 1,
        "compile": False,
        "channels_last": "auto",
        "tf32": True,
    }


def _evaluate() -> dict[str, Any]:
    return {
        "seed": 2022,
        "device": "auto",
        "inception_weights": "download",
        "second_extractor": "none",
        "batch_size": 16,
        "repeats": 3,
        "kid_subsets": 50,
        "precision_k": 3,
        "coverage_k": 5,
        "infinity_points": 15,
        "classifier_images": 5000,
        "truncation": {"models": [], "thresholds": [1.0]},
    }
