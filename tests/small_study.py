"""Studies of a few models, made by hand: params.yaml and models.yaml as values."""

from typing import Any

from frugalgan.config.study import Study, study

EVALUATE: dict[str, Any] = {
    "seed": 2022, "device": "cpu", "inception_weights": "download", "second_extractor": "none", "batch_size": 4,
    "classifier_images": 5000,
    "truncation": {"models": [], "thresholds": [2.0, 0.5]},
    "repeats": 3, "kid_subsets": 5, "precision_k": 1, "coverage_k": 2, "infinity_points": 4,
}  # fmt: skip
STARTS: dict[str, Any] = {
    "random": {},
    "taught": {"teacher": True},
    "decoder": {"weights": ["generator"]},
    "transfer": {"weights": ["generator", "critic"]},
}
BUDGETS = {"none": 0.0, "short": 0.5, "some": 1.0}


def dataset(**changes: Any) -> dict[str, Any]:
    """A section of `datasets`."""
    return {
        "source": "drawn", "subject": "any", "count": 10, "crop": "centre", "size": 32, "colour": True, "style": "none",
        "mirror": False,
        "labels": False, "extractor": "efficientnet_lite0_mid64", "samples": 20, "reference": 60, "moment_samples": 20,
    } | changes  # fmt: skip


def row(**changes: Any) -> dict[str, Any]:
    """A row of models.yaml; `source` stands for `from`."""
    if "source" in changes:
        changes["from"] = changes.pop("source")
    return {
        "data": "cats", "method": "wgan_gp", "networks": "small", "from": "random", "start": "random", "budget": "some",
        "recipe": "plain", "seeds": 1,
    } | changes  # fmt: skip


def small_study(rows: dict[str, Any], **changes: Any) -> Study:
    """The study of these rows; `changes` are sections of params.yaml that replace or join these."""
    names = dict.fromkeys(one["data"] for one in rows.values())
    raw: dict[str, Any] = {
        "seed": 0,
        "datasets": {name: dataset() for name in names},
        "networks": {"small": {"family": "dcgan"}, "conditional": {"family": "dcgan"}},
        "starts": STARTS,
        "recipes": {"plain": {}},
        "budgets": {name: {"kimg": kimg, "batch_size": 10} for name, kimg in BUDGETS.items()},
        "students": [],
        "pools": {},
        "wgan_gp": {},
        "dcgan": {},
        "kd": {"alpha": 0.05},
        "ae": {},
        "vae": {},
        "wae": {},
        "evaluate": EVALUATE,
        "export": {"models": [], "runtime": "none"},
        "compare": {"pairs": [], "significance": 0.05},
    }
    return study(raw | changes, {"models": rows})
