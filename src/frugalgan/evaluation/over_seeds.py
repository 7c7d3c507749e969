"""A model's numbers over its seeds, and those of them that people compare; all from its file in metrics/evaluations."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from frugalgan.evaluation.metrics.names import SWD, metric_key

MIB = 2**20
SHOWN = ("precision", "recall", "coverage", "variety")  # of metrics, beside the distances
Rows = Sequence[dict[str, Any]]  # one per seed


def mean(quality: Rows, metric: str) -> float | None:
    """Over the seeds that have the metric; None where none has it."""
    values = [one[metric] for one in quality if metric in one]
    return float(np.mean(values)) if values else None


def spread(quality: Rows, metric: str) -> float:
    """The metric's standard deviation: over seeds where there are several, else over the draws of the one."""
    values = [one[metric] for one in quality]
    return float(np.std(values, ddof=1)) if len(values) > 1 else quality[0][f"{metric}_sd"]


def costs(records: Rows) -> dict[str, float]:
    """Seconds of training: the median, which one disturbed run does not move; peak training memory in MiB: the
    largest; the generator in MiB and trained parameters, in which seeds do not differ."""
    return {
        "seconds": float(np.median([record["seconds"] for record in records])),
        "peak_training_mib": max(record["peak_training_bytes"] for record in records) / MIB,
        "generator_mib": records[0]["generator_bytes"] / MIB,
        "trained_parameters": records[0]["trained_parameters"],
    }


def summary(values: dict[str, Any]) -> dict[str, float]:
    """The numbers of `evaluate` that people compare: quality as means over seeds, the distance with its `spread`, and
    the costs."""
    key, extractor, quality = values["distance"], values["extractor"], values["quality"]
    names = {key: key, SWD: SWD} | {name: metric_key(name, extractor) for name in (*SHOWN, "content")}
    if "second_distance" in values:
        names[values["second_distance"]] = values["second_distance"]
    shown = {name: mean(quality, metric) for name, metric in names.items()}
    shown[f"{key}_sd"] = spread(quality, key)
    shown["agreement"] = float(np.mean(values["agreement"])) if "agreement" in values else None
    return {name: number for name, number in shown.items() if number is not None} | costs(values["records"])
