"""Params and rows of one model, as params.yaml and models.yaml would have them.

WGAN-GP on DCGAN's networks: of the recipes that were compared at equal seconds, by numbers and by looking, the best
after ten minutes; so are widths and batches (docs/recipes.md).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frugalgan.config.study import Study, study

PICTURES, MODEL, SOURCE = "pictures", "model", "source"  # names of the data set, the model, what it starts from
CARD, SAMPLES, EXPORT = "README.md", "samples.png", "export"  # of its folder
ALONE, DISTILLED, ADAPTED, TUNED = "alone", "distilled", "adapted", "tuned"
EXTRACTORS = {32: "efficientnet_lite0_mid64", 64: "efficientnet_lite0_64"}  # px → the network that judges; else 224 px
RATES: dict[str, Any] = {"learning_rate": 3e-4, "critic_learning_rate": 3e-4, "beta1": 0.0, "n_critic": 1}
SMALLER = 4  # times as narrow a student's generator is


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
    how: str = ALONE
    smaller: int = SMALLER  # of a distilled one


def study_of(choice: Choice) -> Study:
    """The study of one model, `MODEL`; where it is distilled or adapted, `SOURCE` is a row, too."""
    wide = {"generator_width": choice.generator_width, "critic_width": choice.critic_width}
    family = {"latent_size": 100, "conditional": choice.labels}
    narrow = {"generator_width": choice.generator_width // choice.smaller}
    raw: dict[str, Any] = {
        "seed": choice.seed,
        "datasets": {PICTURES: _dataset(choice)},
        "networks": {
            SOURCE: family | wide | {"family": "dcgan"},
            DISTILLED: family | wide | narrow | {"family": "dcgan_student"},
        },
        "starts": {
            ALONE: {},
            DISTILLED: {"teacher": True},
            ADAPTED: {"weights": ["generator", "critic"], "generator_layers": 2, "critic_layers": -2},
            TUNED: {"weights": ["generator", "critic"]},
        },
        "budgets": {MODEL: {"kimg": choice.kimg, "batch_size": choice.batch_size}},
        "recipes": {MODEL: {"ema_kimg": 2.2}},  # as 0.995 an update of 16 images, whatever the batch
        "students": [],
        "pools": {},
        "wgan_gp": RATES | {"beta2": 0.9, "gradient_penalty": 10.0, "penalty_at": "image"},
        "kd": RATES | {"alpha": 0.05, "beta2": 0.99},
        "prepare": {"max_rejected": 1.0, "max_megapixels": 128.0},
        "training": _training(),
        "evaluate": _evaluate(),
        "export": {"models": [], "runtime": "none"},
        "compare": {"pairs": [], "significance": 0.05},
    }
    words = {"data": PICTURES, "networks": SOURCE, "budget": MODEL, "recipe": MODEL, "seeds": 1}
    source = words | {"method": "wgan_gp", "from": "random", "start": ALONE}
    rows = {MODEL: source}
    if choice.how != ALONE:
        rows = {SOURCE: source, MODEL: source | {"from": SOURCE, "start": choice.how}}
    if choice.how == DISTILLED:
        rows[MODEL] |= {"method": "kd", "networks": DISTILLED}
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
        "channels_last": False,
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
