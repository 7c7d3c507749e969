"""Exported files beside each other: how many bytes, how fast, and whether 8 bits cost quality."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from frugalgan.config import places
from frugalgan.config.study import Study
from frugalgan.evaluation.metrics.names import SWD
from frugalgan.files import read_json
from frugalgan.report.results import collapsed, data_title
from frugalgan.report.settings import Export
from frugalgan.report.verdicts import draws, verdicts

COLUMNS = (
    *("data", "kib", "times_smaller", "ms", "memory_mib", "metric", "distance", "distance_sd", "swd"),
    *("collapsed", "vs_float32", "distance_percent", "swd_percent"),
)
KIB, WHOLE = 2**10, "float32"
CONFIDENCE = 0.95  # of intervals
ABOUT = (
    "Files that other programs run (ONNX), drawn with the same z and measured as the models are. `times_smaller`: than "
    "the first file. `vs_float32`: is it better or worse than the same model in 32 bits, by the paired test above over "
    "draws? `distance_percent`, `swd_percent`: by how much, the mean of the paired differences in percent of the 32 "
    f"bits' number, with its {CONFIDENCE:.0%} interval, each by itself and not corrected (more is worse): pairs show "
    "differences far smaller than the spread of draws. `ms`: one image by onnxruntime, on the threads that the stage "
    "had; `memory_mib`: what it takes beside onnxruntime."
)


def exports(study: Study, significance: float) -> pd.DataFrame:
    """A row per file of the models that `export.models` names, and that are rows. Raises FileError."""
    names = [name for name in study.section("export", Export).models if name in study.rows]
    found = {name: read_json(places.exported(name), hint=f"`dvc repro export@{name}` makes it") for name in names}
    files = {f"{name}, {bits}": one for name in names for bits, one in _evaluations(found[name]).items()}
    wholes = {key: f"{key.rpartition(', ')[0]}, {WHOLE}" for key in files if not key.endswith(WHOLE)}
    judged = verdicts(files, [*wholes.items()], significance)["verdict"].to_dict()
    rows: dict[str, dict[str, Any]] = {}
    for key, one in files.items():
        quality, distance = one["quality"][0], one["distance"]
        rows[key] = {
            "data": data_title(study, one["data"]),
            "kib": one["bytes"] / KIB,
            "times_smaller": next(iter(files.values()))["bytes"] / one["bytes"],
            "ms": one["milliseconds_per_image"],
            "memory_mib": one["memory_mib"],
            "metric": distance,
            "distance": quality[distance],
            "distance_sd": quality[f"{distance}_sd"],
            "swd": quality[SWD],
            "collapsed": "yes" if collapsed(one) else "no",
            "vs_float32": judged.get(key, ""),
        }
        if key in wholes:
            for column, metric in (("distance_percent", distance), ("swd_percent", SWD)):
                rows[key][column] = paired_percent(draws(one, metric), draws(files[wholes[key]], metric))
    return pd.DataFrame([*rows.values()], index=[*rows], columns=list(COLUMNS)).rename_axis("file")


def paired_percent(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The mean of the paired differences in percent of the mean of `theirs`, with its interval (t distribution):
    "+0.30 (+0.14 to +0.46)". Two and more of each, equally many."""
    differences = 100 * np.subtract(ours, theirs) / np.mean(theirs)
    n, mean = len(differences), differences.mean()
    reach = t.ppf((1 + CONFIDENCE) / 2, n - 1) * differences.std(ddof=1) / np.sqrt(n)
    return f"{mean:+.2f} ({mean - reach:+.2f} to {mean + reach:+.2f})"


def _evaluations(one: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A model's files as if each were a model of one seed."""
    known = {key: value for key, value in one.items() if key != "files"}
    return {
        bits: known | facts | {"seeds": [one["seed"]], "quality": [facts["quality"]]}
        for bits, facts in one["files"].items()
    }
