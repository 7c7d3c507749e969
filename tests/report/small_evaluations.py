"""Evaluations of models as stage `evaluate` writes them, made by hand."""

from typing import Any

import numpy as np

from frugalgan.config import places
from frugalgan.config.study import Study
from frugalgan.files import write_json
from frugalgan.report.results import Evaluations

MIB = 2**20
NEAR = (0.0, 0.5, -0.5)  # what seeds differ by
METRICS = ("kid", "mmd_rbf", "precision", "recall", "density", "coverage", "variety", "spacing")


def evaluation(
    row: dict[str, Any],
    distance: float = 120.0,
    *,
    shifts: tuple[float, ...] | None = None,
    course: list[float] | None = None,
    seconds: list[float] | None = None,
    mib: float = 400.0,
    key: str = "fid",
    conditional: bool = False,
    n_per_draw: int = 1000,
    swd: float = 80.0,
    second: float | None = None,
    collapsed: bool = False,
    content: float | None = None,
) -> dict[str, Any]:
    """Of a row of models.yaml: at the end `distance` (its `draws` lie around), `course` at moments of training.

    Seeds differ by `shifts` in distance, KID is a hundredth of it; a thousand images are seen from moment to moment.
    """
    shifts = NEAR[: row["seeds"]] if shifts is None else shifts
    trained = row["budget"] != "none"
    course = [2 * distance, distance] if course is None else course
    seconds = [0.0, 60.0] if seconds is None else seconds
    kimg = [float(moment) for moment in range(len(course))]
    if not trained:
        course, seconds, kimg = course[-1:], [0.0], [0.0]
    extractor = "inception" if key == "fid" else key.removeprefix("fd_")
    ending = "" if key == "fid" else f"_{extractor}"
    qualities, records = [], []
    for number, shift in enumerate(shifts):
        value = distance + shift
        qualities.append(
            {key: value, f"{key}_sd": float(np.sqrt(2)), f"{key}_draws": draws(value)}
            | {f"{key}_infinity": value - 10, f"{key}_infinity_error": 1.0}
            | {f"{metric}{ending}": value / 100 for metric in METRICS}
            | {"n_per_draw": n_per_draw, f"collapsed{ending}": collapsed}
            | {"swd": swd + shift, "swd_sd": float(np.sqrt(2)), "swd_draws": draws(swd + shift)}
            | ({} if second is None else _by_second(second + shift))
            | ({f"{key}_vs_source": 7.0} if row["method"] == "kd" else {})
            | ({} if content is None else {f"content{ending}": content})
        )
        records.append(
            {
                "kimg": kimg[-1],
                "batch_size": 10,
                "seconds": seconds[-1],
                "peak_training_bytes": (mib - number) * MIB if trained else 0,
                "generator_bytes": 100 * MIB,
                "trained_parameters": 10,
                "generator_parameters": 5,
            }
        )
    values: dict[str, Any] = {
        **{name: row[name] for name in ("data", "method", "networks", "from", "start", "budget", "recipe")},
        "parts": ["generator", "encoder" if row["method"] in ("ae", "vae", "wae") else "critic"],
        "distance": key,
        "extractor": extractor,
        "extractor_sha256": "a",
        "seeds": list(range(len(shifts))),
        "quality": qualities,
        "floor": {f"floor_{key}": 12.5, "n_floor": 50, "n_floor_reference": 70},
        "course": {
            "kimg": kimg,
            "seconds": [seconds for _ in shifts],
            "distance": [[value + shift for value in course] for shift in shifts],
            "kid": [[(value + shift) / 100 for value in course] for shift in shifts],
            "swd": [[value + shift for value in course] for shift in shifts],
        },
        "records": records,
        "n_per_moment": 60,
        "floor_per_moment": 16.5,
        "trained_on": {"device": "a processor", "precision": "float32", "versions": {"torch": "2.14"}},
        "device": "a processor",
        "n_reference": 70,
    }
    if second is not None:
        values |= {"second_distance": "fd_vgg16_edges", "second_extractor": "vgg16_edges"}
    if conditional:
        rising = np.linspace(0.1, 0.9, len(course)).tolist()
        values |= {
            "agreement": [0.9 + 0.01 * shift for shift in shifts],
            "agreement_over_training": [rising] * len(shifts),
        }
        values |= {"classifier": "machine on 99 real images", "classifier_accuracy": 0.957}
        values["classifier_judged_on"] = "held-out images"
    return values


def draws(value: float) -> list[float]:
    """Some 1 less and 1 more: of two models that differ, differences of draws differ a little, too."""
    return [value - 1 - value / 1e5, value + 1 + value / 1e5]


def _by_second(value: float) -> dict[str, Any]:
    key = "fd_vgg16_edges"
    values = {key: value, f"{key}_sd": float(np.sqrt(2)), f"{key}_draws": draws(value)}
    return values | {f"{metric}_vgg16_edges": value / 100 for metric in METRICS} | {"collapsed_vgg16_edges": False}


def evaluations_of(study: Study, rows: dict[str, Any], changes: dict[str, dict[str, Any]] | None = None) -> Evaluations:
    """One of every model; `changes` are arguments of `evaluation`."""
    rows = {name: rows.get(name, rows.get("student")) for name in study.rows}
    options = {name: (changes or {}).get(name, {}) for name in rows}
    return {
        name: evaluation(row, **{"conditional": row["networks"] == "conditional"} | options[name])
        for name, row in rows.items()
    }


def write(evaluations: Evaluations) -> None:
    """Into metrics/evaluations of the current folder."""
    for name, values in evaluations.items():
        write_json(places.evaluation(name), {"model": name} | values)
