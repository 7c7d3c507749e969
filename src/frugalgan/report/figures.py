"""The thesis's figures from what the stages left, as labelled PNGs."""

from collections.abc import Iterable, Sequence
from itertools import cycle
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalgan.files import read_json
from frugalgan.images import read_rgb
from frugalgan.report.pareto import front


def _show(axes: Axes, file: Path, title: str) -> None:
    axes.imshow(read_rgb(file), interpolation="nearest")
    axes.set_title(title, fontsize=9)
    axes.set_xticks([])
    axes.set_yticks([])


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, dpi=150, bbox_inches="tight")
    plt.close(figure)


def over_training(models: Path, names: dict[str, str], file: Path) -> None:
    """The six fixed vectors over training, models side by side; a row per moment (figures 3.1, 3.2, 3.5)."""
    figure, axes = plt.subplots(1, len(names), figsize=(3.6 * len(names), 6.5), squeeze=False)
    for axis, (name, title) in zip(axes[0], names.items(), strict=True):
        progress = models / name / "progress.png"
        _show(axis, progress, title)
        kimg = read_json(models / name / "model.json", mend="`dvc repro` makes it")["moments_kimg"]
        height = read_rgb(progress).shape[0] / len(kimg)
        axis.set_yticks([height * (i + 0.5) for i in range(len(kimg))], [f"{k:.3g}" for k in kimg], fontsize=7)
        axis.set_ylabel("kimg (thousands of real images seen)", fontsize=7)
    _save(figure, file)


def side_by_side(pictures: dict[str, Path], columns: int, file: Path) -> None:
    """Pictures with a title each (figures 3.4, 3.6)."""
    rows = -(-len(pictures) // columns)
    height, width = read_rgb(next(iter(pictures.values()))).shape[:2]
    figure, axes = plt.subplots(rows, columns, figsize=(4 * columns, (4 * height / width + 0.3) * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, (title, picture) in zip(axes.flat, pictures.items(), strict=False):
        axis.axis("on")
        _show(axis, picture, title)
    _save(figure, file)


def memory(table: pd.DataFrame, file: Path) -> None:
    """Figure 3.3: peak training memory of each model, MiB."""
    figure, axis = plt.subplots(figsize=(6, 3))
    trained = table[table["seconds"] > 0]
    axis.barh(trained.index, trained["peak_training_mib"])
    axis.invert_yaxis()
    axis.set_xlabel("peak training memory, MiB")
    _save(figure, file)


def pareto(table: pd.DataFrame, key: str, file: Path) -> None:
    """Distance to the data against the three costs, one point per model with its error bar.

    A solid line joins the models that no other of the same data beats on both axes; the floor is dotted.
    """
    costs = {"peak_training_mib": "training memory, MiB", "generator_mib": "generator, MiB", "seconds": "training, s"}
    figure, axes = plt.subplots(1, len(costs), figsize=(13, 4), sharey=True)
    trained = table[table["seconds"] > 0]
    colours = dict(zip(sorted(set(trained["data"])), ("tab:orange", "tab:blue"), strict=False))
    for axis, column in zip(axes, costs, strict=True):
        for marker, (name, row) in zip(cycle("osD^v<>PX*"), trained.iterrows(), strict=False):
            style = {"color": colours[row["data"]], "marker": marker, "label": f"{name} ({row['data']})"}
            axis.errorbar(row[column], row[key], yerr=row[f"{key}_sd"], linestyle="", capsize=3, alpha=0.8, **style)
        for dataset, colour in colours.items():
            points = trained.loc[trained["data"] == dataset, [column, key]].to_numpy()
            best = points[front([(cost, distance) for cost, distance in points])]
            axis.plot(best[:, 0], best[:, 1], color=colour, drawstyle="steps-post", label=f"best ({dataset})")
            floor = trained.loc[trained["data"] == dataset, f"{key}_floor"].max()
            axis.axhline(floor, color=colour, linestyle=":", label=f"floor ({dataset})")
    _save_distances(figure, axes, key, costs.values(), file)


def quality_over_training(progress: pd.DataFrame, table: pd.DataFrame, key: str, file: Path) -> None:
    """Distance to the data at moments of training, against seconds and against kimg; a line per model."""
    labels = {"seconds": "training, s", "kimg": "thousands of real images seen"}
    figure, axes = plt.subplots(1, len(labels), figsize=(12, 4), sharey=True)
    for axis, column in zip(axes, labels, strict=True):
        for marker, name in zip(cycle("osD^v<>PX*"), dict.fromkeys(progress.index), strict=False):
            rows, title = progress.loc[[name]], f"{name} ({table.loc[name, 'data']})"
            axis.plot(rows[column], rows["distance"], marker=marker, markersize=4, label=title)
    _save_distances(figure, axes, key, labels.values(), file)


def _save_distances(figure: Figure, axes: Sequence[Axes], key: str, labels: Iterable[str], file: Path) -> None:
    for axis, label in zip(axes, labels, strict=True):
        axis.set_xlabel(label)
        axis.set_xlim(left=0)
    axes[0].set_ylabel(f"{key} (less is better)")
    axes[0].set_ylim(bottom=0)
    axes[-1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, file)
