"""What generators trade of variety for fidelity, over thresholds of truncation: a table and a figure."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from frugalgan.report.results import Evaluations

ABOUT = (
    "Models with truncated codes: distance and Inception Score over the threshold, recall against precision. The "
    "threshold cuts z off at ± its value (Brock et al. 2019); of generators with styles it is ψ, which pulls w towards "
    "its mean (Karras et al. 2019). All of it: results/tables/truncation.csv."
)


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
    """Distance and Inception Score against the threshold, recall against precision; no file without any model."""
    if table.empty:
        return
    figure, (distance, score, trade) = plt.subplots(1, 3, figsize=(15, 4.5), layout="constrained")
    for name, rows in table.groupby(level="model", sort=False):
        distance.plot(rows["threshold"], rows["distance"], marker="o", markersize=3, label=name)
        if "inception_score" in rows:
            score.plot(rows["threshold"], rows["inception_score"], marker="o", markersize=3)
        trade.plot(rows["precision"], rows["recall"], marker="o", markersize=3)
        for row in rows.to_dict("records"):
            place = row["precision"], row["recall"]
            trade.annotate(f"{row['threshold']:g}", place, (3, 3), textcoords="offset points", fontsize=7)
    distance.set_ylabel("distance (compare only models of the same data)")
    score.set_ylabel("Inception Score, by a classifier of the data set")
    for axis in (distance, score):
        axis.set_xlabel("threshold: of z, or ψ of styles")
        axis.set_ylim(bottom=0)
    trade.set_xlabel("precision: fidelity")
    trade.set_ylabel("recall: variety (numbers: thresholds)")
    trade.locator_params(nbins=5)
    figure.legend(*distance.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    figure.savefig(file, dpi=150)
    plt.close(figure)
