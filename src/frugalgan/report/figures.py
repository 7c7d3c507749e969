"""What all models look like and how they compare, as labelled PNGs."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalgan.config import places
from frugalgan.data.images import read_rgb
from frugalgan.files import read_json
from frugalgan.report.pareto import front
from frugalgan.report.thesis import BY_MODEL, ORDINARY, TRANSFER

COSTS = {"peak_training_mib": "training memory, MiB", "generator_mib": "generator, MiB", "seconds": "training, s"}
SHOWN = 10  # images of a model in the overview
OVERVIEW = 64  # px at least, of each


def draw(table: pd.DataFrame, progress: pd.DataFrame, folder: Path) -> None:
    """All figures of the comparison and of the thesis, into `folder`."""
    trained = table[table["seconds"] > 0]
    samples_of_all(table, folder / "samples.png")
    memory(trained, folder / "figure_3_3.png")
    pareto(trained, folder / "pareto.png")
    quality_over_training(progress, trained, folder / "quality_over_training.png")
    titles = {name: f"{name} ({row['data']})\ndistance {row['distance']:.1f}" for name, row in table.iterrows()}
    students = table["alpha"].dropna().sort_values(ascending=False)
    thesis = [name for name in (*BY_MODEL, *students.index) if name in table.index]
    over_training({ORDINARY: titles.get(ORDINARY, "")}, folder / "figure_3_1.png")
    over_training({name: titles.get(name, "") for name in (TRANSFER, "scratch")}, folder / "figure_3_2.png")
    grids = {titles[name]: places.samples(name) / "grid.png" for name in thesis}
    side_by_side(grids, 2, folder / "figure_3_4.png")
    ends = {name: f"student, α = {students[name]:g}" for name in students.index[:: max(1, len(students) - 1)]}
    over_training(ends, folder / "figure_3_5.png")
    fixed = {titles[name]: places.samples(name) / "fixed.png" for name in (ORDINARY, *students.index) if name in titles}
    side_by_side(fixed, 1, folder / "figure_3_6.png")


def samples_of_all(table: pd.DataFrame, file: Path) -> None:
    """A row of images per model, of the same z wherever codes have the same length."""
    rows = {}
    for name in table.index:
        images = np.load(places.samples(str(name)) / "samples.npy", mmap_mode="r")[0, :SHOWN]
        images = images if images.shape[1] == 3 else np.repeat(images, 3, axis=1)
        times = max(1, -(-OVERVIEW // images.shape[-1]))
        rows[name] = np.concatenate(images.transpose(0, 2, 3, 1), axis=1).repeat(times, axis=0).repeat(times, axis=1)
    figure, axes = plt.subplots(len(rows), 1, figsize=(9, 0.85 * len(rows)), squeeze=False, layout="constrained")
    for axis, (name, row) in zip(axes[:, 0], rows.items(), strict=True):
        axis.imshow(row, interpolation="nearest")
        axis.set_xticks([])
        axis.set_yticks([])
        label = f"{name}\n{table.loc[name, 'data']}, {table.loc[name, 'distance']:.0f}"
        axis.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
    _save(figure, file)


def over_training(names: dict[str, str], file: Path) -> None:
    """The six fixed vectors over training, models side by side; a row per moment (figures 3.1, 3.2, 3.5).

    `names`: model → title. No file where a model is not there.
    """
    records = {name: next(iter(sorted(places.record(name).glob("*"))), None) for name in names}
    if not names or None in records.values():
        return
    figure, axes = plt.subplots(1, len(names), figsize=(3.6 * len(names), 6.5), squeeze=False)
    for axis, (name, title) in zip(axes[0], names.items(), strict=True):
        record = records[name]
        assert record is not None
        picture = read_rgb(record / "progress.png")
        _show(axis, picture, title)
        kimg = read_json(record / "record.json", hint="`dvc repro` makes it")["moments_kimg"]
        height = picture.shape[0] / len(kimg)
        axis.set_yticks([height * (i + 0.5) for i in range(len(kimg))], [f"{k:.3g}" for k in kimg], fontsize=7)
        axis.set_ylabel("kimg (thousands of real images seen)", fontsize=7)
    _save(figure, file)


def side_by_side(pictures: dict[str, Path], columns: int, file: Path) -> None:
    """Pictures with a title each (figures 3.4, 3.6). No file where there are none."""
    if not pictures:
        return
    rows = -(-len(pictures) // columns)
    height, width = read_rgb(next(iter(pictures.values()))).shape[:2]
    figure, axes = plt.subplots(
        rows, columns, figsize=(7 * columns, (7 * height / width + 0.6) * rows), squeeze=False, layout="constrained"
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, (title, picture) in zip(axes.flat, pictures.items(), strict=False):
        axis.axis("on")
        _show(axis, read_rgb(picture), title)
    _save(figure, file)


def memory(trained: pd.DataFrame, file: Path) -> None:
    """Figure 3.3: peak training memory of each model, MiB."""
    figure, axis = plt.subplots(figsize=(6, 0.22 * len(trained) + 0.8), layout="constrained")
    axis.barh(trained.index, trained["peak_training_mib"])
    axis.invert_yaxis()
    axis.tick_params(axis="y", labelsize=7)
    axis.set_xlabel("peak training memory, MiB")
    _save(figure, file)


def pareto(trained: pd.DataFrame, file: Path) -> None:
    """Distance to the data against the three costs, one point per model with its error bar, a row per data set.

    Points have the colour of their method. A line joins the models that no other of the same data beats on both axes;
    the floor is dotted.
    """
    sets = list(dict.fromkeys(trained["data_set"]))
    colours = _colours(trained)
    figure, axes = plt.subplots(
        len(sets), len(COSTS), figsize=(15, 4.5 * len(sets)), sharey="row", squeeze=False, layout="constrained"
    )
    for row, data in zip(axes, sets, strict=True):
        rows = trained[trained["data_set"] == data]
        for axis, (column, label) in zip(row, COSTS.items(), strict=True):
            points = rows[[column, "distance"]].to_numpy(float)
            best = points[front([(cost, distance) for cost, distance in points])]
            axis.plot(best[:, 0], best[:, 1], color="grey", linewidth=0.8, drawstyle="steps-post")
            for name, model in rows.iterrows():
                place, spread = (model[column], model["distance"]), model["distance_sd"]
                axis.errorbar(*place, yerr=spread, fmt="o", markersize=4, capsize=2, color=colours[model["method"]])
                axis.annotate(str(name), place, xytext=(4, 3), textcoords="offset points", fontsize=6)
            _floor(axis, rows)
            axis.set_xlabel(label)
            axis.set_xlim(left=0, right=1.2 * rows[column].max())
            axis.set_ylim(bottom=0)
        row[0].set_ylabel(f"{rows['data'].iloc[0]}: {rows['metric'].iloc[0]}\n(less is better)")
    handles = [plt.Line2D([], [], color=colour, marker="o", linestyle="", label=m) for m, colour in colours.items()]
    figure.legend(handles=handles, title="method", loc="outside right upper", fontsize=8)
    _save(figure, file)


def quality_over_training(progress: pd.DataFrame, trained: pd.DataFrame, file: Path) -> None:
    """Distance to the data at moments of training, against seconds and against kimg; a row per data set."""
    sets = list(dict.fromkeys(trained["data_set"]))
    labels = {"seconds": "training, s", "kimg": "thousands of real images seen"}
    figure, axes = plt.subplots(
        len(sets), len(labels), figsize=(13, 4.5 * len(sets)), sharey="row", squeeze=False, layout="constrained"
    )
    for row, data in zip(axes, sets, strict=True):
        rows = trained[trained["data_set"] == data]
        for axis, (column, label) in zip(row, labels.items(), strict=True):
            for number, name in enumerate(rows.index):
                curve = progress.loc[[name]]
                style = ("-", "--", ":")[number // 10 % 3]
                axis.plot(curve[column], curve["distance"], style, marker="o", markersize=2, label=name)
            _floor(axis, rows)
            axis.set_xlabel(label)
            axis.set_xlim(left=0)
            axis.set_ylim(bottom=0)
        row[0].set_ylabel(f"{rows['data'].iloc[0]}: {rows['metric'].iloc[0]}\n(less is better)")
        row[-1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, file)


def _colours(trained: pd.DataFrame) -> dict[str, str]:
    """Method → colour, for any number of methods."""
    return {method: f"C{number % 10}" for number, method in enumerate(dict.fromkeys(trained["method"]))}


def _floor(axis: Axes, rows: pd.DataFrame) -> None:
    floors: Sequence[float] = rows["floor"].dropna().tolist()
    if floors:
        axis.axhline(max(floors), color="grey", linestyle=":")


def _show(axis: Axes, picture: np.ndarray, title: str) -> None:
    axis.imshow(picture, interpolation="nearest")
    axis.set_title(title, fontsize=9)
    axis.set_xticks([])
    axis.set_yticks([])


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, dpi=150, bbox_inches="tight")
    plt.close(figure)
