"""What generators trade of variety for fidelity, over thresholds of z: a table and a figure."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from frugalgan.report.results import Evaluations


def curves(evaluations: Evaluations) -> pd.DataFrame:
    """A row per model and threshold, those that `evaluate.truncation` names: means over seeds."""
    parts = []
    for name, one in evaluations.items():
        if "truncation" in one:
            known = dict(one["truncation"])
            thresholds, n = known.pop("thresholds"), known.pop("n")
            numbers = {metric: np.mean(rows, axis=1) for metric, rows in known.items()}
            columns = {"model": name, "data": one["data"], "metric": one["distance"], "threshold": thresholds, "n": n}
            parts.append(pd.DataFrame(columns | numbers))
    return pd.concat(parts, ignore_index=True).set_index("model") if parts else pd.DataFrame()


def plot(table: pd.DataFrame, file: Path) -> None:
    """Distance against the threshold, and recall against precision, a line per model; no file without any."""
    if table.empty:
        return
    figure, (first, second) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for name, rows in table.groupby(level="model", sort=False):
        first.plot(rows["threshold"], rows["distance"], marker="o", markersize=3, label=name)
        second.plot(rows["precision"], rows["recall"], marker="o", markersize=3, label=name)
        for row in rows.to_dict("records"):
            second.annotate(f"{row['threshold']:g}", (row["precision"], row["recall"]), fontsize=6)
    first.set_xlabel("threshold of z")
    first.set_ylabel("distance (compare only models of the same data)")
    first.set_ylim(bottom=0)
    second.set_xlabel("precision: fidelity")
    second.set_ylabel("recall: variety (numbers: thresholds)")
    figure.legend(*first.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    figure.savefig(file, dpi=150, bbox_inches="tight")
    plt.close(figure)
