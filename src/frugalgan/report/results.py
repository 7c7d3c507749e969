"""Everything that stages measured, as one table with a row per model."""

from pathlib import Path

import pandas as pd

from frugalgan.files import read_json
from frugalgan.metrics.names import distance_key, metric_key
from frugalgan.report.thesis import BY_ALPHA, BY_MODEL

MIB = 2**20
# Further metrics in the comparison. The Inception Score is not among them: it ranks no models of a single class.
FURTHER = ("kid", "mmd_rbf", "precision", "recall", "density", "coverage", "closer_than_heldout_share")
ORDINARY = {"cats": "teacher", "dogs": "scratch"}  # ordinary training on each data set


class ResultsError(ValueError):
    """Metrics do not belong together; the message says why."""


def collect(metrics: Path, models: dict[str, str], alphas: dict[str, float]) -> tuple[pd.DataFrame, str]:
    """(comparison, key of the distance). `models` maps names to data sets, `alphas` students to their α.

    One row per model, indexed by name: distances, cost, and both relative to ordinary training on the same data.
    Raises FileError for a missing file, ResultsError where distances come from different extractors.
    """
    rows = {}
    keys = set()
    for name, dataset in models.items():
        cost, quality, floor = (
            read_json(metrics / kind / f"{of}.json", mend="`dvc repro` makes it")
            for kind, of in (("cost", name), ("quality", name), ("reference", dataset))
        )
        key = distance_key(quality["extractor"])
        keys.add((key, quality["extractor_sha256"]))
        rows[name] = {
            "data": dataset,
            "alpha": alphas.get(name),
            key: quality[key],
            f"{key}_sd": quality[f"{key}_sd"],
            f"{key}_infinity": quality[f"{key}_infinity"],
            f"{key}_vs_teacher": quality[f"{key}_vs_teacher"],
            f"{key}_floor": floor.get(f"floor_{key}"),
            f"{key}_at_floor_n": quality.get(f"{key}_at_floor_n", quality[key]),
            "n_floor": floor.get("n_floor"),
            **{name: quality.get(name) for name in (metric_key(name, quality["extractor"]) for name in FURTHER)},
            "kimg": cost["kimg"],
            "seconds": cost["seconds"],
            "seconds_per_epoch": cost["seconds_per_epoch"],
            "peak_training_mib": cost["peak_training_bytes"] / MIB,
            "generator_mib": cost["generator_bytes"] / MIB,
            "trained_parameters": cost["trained_parameters"],
            "generator_parameters": cost["generator_parameters"],
        }
    if len(keys) != 1:
        raise ResultsError(f"distances of different extractors can't be compared: {sorted(keys)}; run `dvc repro`")
    (key, _) = keys.pop()
    return _relative(pd.DataFrame.from_dict(rows, orient="index").rename_axis("model"), key), key


def _relative(table: pd.DataFrame, key: str) -> pd.DataFrame:
    ordinary = table.loc[[ORDINARY[dataset] for dataset in table["data"]]].set_index(table.index)
    for column in ("peak_training_mib", "generator_mib", "seconds_per_epoch"):
        table[f"{column.removesuffix('_mib')}_ratio"] = table[column] / ordinary[column]
    table["quality_change_percent"] = 100 * (ordinary[key] - table[key]) / ordinary[key]
    return table


def thesis_rows(table: pd.DataFrame, key: str, names: list[str], columns: list[str]) -> pd.DataFrame:
    """Our `columns` for `names`, each beside the thesis's figure where the thesis has one."""
    published = {
        "fid": key,
        "fid_vs_teacher": f"{key}_vs_teacher",
        "epoch_seconds": "seconds_per_epoch",
        "memory_gb": "peak_training_mib",
        "model_mb": "generator_mib",
    }
    rows = {}
    for name in names:
        known = BY_MODEL.get(name) or BY_ALPHA.get(float(table.loc[name, "alpha"]))
        rows[name] = {"data": table.loc[name, "data"], "thesis_name": known.title if known else None}
        for thesis, ours in published.items():
            if ours in columns:
                rows[name] |= {ours: table.loc[name, ours], f"thesis_{thesis}": getattr(known, thesis, None)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
