"""What all models look like and how they compare, as labelled PNGs."""

from pathlib import Path

import matplotlib

matplotlib.use("agg")
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalgan.config import places
from frugalgan.data.arrays import load_array
from frugalgan.data.images import grid, read_rgb
from frugalgan.files import read_json
from frugalgan.report.drawing import Label, floor_line, handles, label_beside, method_colours, panel_height, style
from frugalgan.report.pareto import front
from frugalgan.report.tables import rounded
from frugalgan.report.thesis import BY_MODEL, ORDINARY, TRANSFER, students

COSTS = {"peak_training_mib": "training memory, MiB", "generator_mib": "generator, MiB", "seconds": "training, s"}
SHOWN = 10  # images of a model in the overview
OVERVIEW = 64  # px at least, of each


def draw(table: pd.DataFrame, progress: pd.DataFrame, folder: Path) -> None:
    """All figures of the comparison and of the thesis, into `folder`."""
    trained, colours = table.loc[table["seconds"] > 0], method_colours(table["method"])
    samples_of_all(table, folder / "samples.png")
    if len(trained):
        memory(trained, colours, folder / "figure_3_3.png")
        pareto(trained, colours, folder / "pareto.png")
        quality_over_training(progress, trained, colours, folder / "quality_over_training.png")
    titles = {str(name): f"{name} ({row['data']})\ndistance {row['distance']:.1f}" for name, row in table.iterrows()}
    taught = students(table)
    thesis = [name for name in (*BY_MODEL, *taught) if name in table.index]
    over_training({name: titles[name] for name in (ORDINARY,) if name in titles}, folder / "figure_3_1.png")
    both = [name for name in (TRANSFER, "scratch") if name in titles]
    over_training({name: titles[name] for name in both if len(both) == 2}, folder / "figure_3_2.png")
    grids = {titles[name]: places.samples(name) / "grid.png" for name in thesis}
    side_by_side(grids, 2, folder / "figure_3_4.png")
    ends = {name: f"student, α = {table.loc[name, 'alpha']:g}" for name in taught[:: max(1, len(taught) - 1)]}
    over_training(ends, folder / "figure_3_5.png")
    fixed = {titles[name]: places.samples(name) / "fixed.png" for name in (ORDINARY, *taught) if name in titles}
    side_by_side(fixed, 1, folder / "figure_3_6.png")


def samples_of_all(table: pd.DataFrame, file: Path) -> None:
    """A row of images per model, of the same z wherever codes have the same length."""
    rows = {}
    for name in table.index:
        images = load_array(places.samples(str(name)) / "samples.npy")[0, :SHOWN]
        times = max(1, -(-OVERVIEW // images.shape[-1]))
        rows[name] = grid(images, columns=len(images), padding=0).repeat(times, axis=0).repeat(times, axis=1)
    figure, axes = plt.subplots(len(rows), 1, figsize=(9, 0.85 * len(rows)), squeeze=False, layout="constrained")
    for axis, (name, row) in zip(axes[:, 0], rows.items(), strict=True):
        axis.imshow(row, interpolation="nearest")
        axis.set_xticks([])
        axis.set_yticks([])
        label = f"{name}\n{table.loc[name, 'data']}, distance {table.loc[name, 'distance']:.0f}"
        axis.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
    _save(figure, file)


def over_training(names: dict[str, str], file: Path) -> None:
    """The six fixed vectors over training, models side by side; a row per moment (figures 3.1, 3.2, 3.5).

    `names`: model → title. No file where a model is not there.
    """
    records = {name: _first_seed(places.record(name)) for name in names}
    if not names or None in records.values():
        return
    figure, axes = plt.subplots(1, len(names), figsize=(5 * len(names), 9), squeeze=False, layout="constrained")
    for axis, (name, title) in zip(axes[0], names.items(), strict=True):
        record = records[name]
        assert record is not None
        picture = read_rgb(record / "progress.png")
        _show(axis, picture, title)
        kimg = read_json(record / "record.json", hint="`dvc repro` makes it")["moments_kimg"]
        height = picture.shape[0] / len(kimg)
        axis.set_yticks([height * (i + 0.5) for i in range(len(kimg))], [rounded(k, 3) for k in kimg], fontsize=7)
    axes[0, 0].set_ylabel("kimg (thousands of real images seen)", fontsize=7)
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


def memory(trained: pd.DataFrame, colours: dict[str, str], file: Path) -> None:
    """Figure 3.3: peak training memory of each model, MiB."""
    figure, axis = plt.subplots(figsize=(7, 0.22 * len(trained) + 0.8), layout="constrained")
    bars = axis.barh(trained.index, trained["peak_training_mib"], color=[colours[name] for name in trained["method"]])
    axis.bar_label(bars, fmt=lambda mib: rounded(mib, 3), padding=2, fontsize=7)
    axis.invert_yaxis()
    axis.margins(x=0.1, y=0.01)
    axis.tick_params(axis="y", labelsize=7)
    axis.set_xlabel("peak training memory, MiB")
    _legend(figure, trained, colours)
    _save(figure, file)


def pareto(trained: pd.DataFrame, colours: dict[str, str], file: Path) -> None:
    """Distance to the data against the three costs, one point per model with its error bar, a row per data set.

    Points have the colour of their method. A line joins the models that no other of the same data beats on both axes,
    of those that did not collapse; the floor is dotted.
    """
    figure, panels = _panels(trained, list(COSTS.values()), trained.loc[:, ["floor", "n_floor"]])
    for rows, axes, height in panels:
        for axis, column in zip(axes, COSTS, strict=True):
            points = rows[[column, "distance"]].to_numpy(float)
            sound = points[(rows["collapsed"] == "no").to_numpy()]
            best = sound[front([(cost, distance) for cost, distance in sound])]
            axis.plot(best[:, 0], best[:, 1], color="grey", linewidth=0.8, drawstyle="steps-post")
            for (x, y), spread, method in zip(points, rows["distance_sd"], rows["method"], strict=True):
                axis.errorbar(x, y, yerr=spread, fmt="o", markersize=4, capsize=2, color=colours[method])
            axis.set_xlim(left=0, right=1.05 * rows[column].max())
            axis.set_ylim(bottom=0)
        for axis, column in zip(axes, COSTS, strict=True):
            named = zip(rows.index, rows[column], rows["distance"], rows["method"], strict=True)
            label_beside(axis, [Label(str(name), x, y, colours[method]) for name, x, y, method in named], height)
    _legend(figure, trained, colours)
    _save(figure, file)


def quality_over_training(progress: pd.DataFrame, trained: pd.DataFrame, colours: dict[str, str], file: Path) -> None:
    """Distance to the data at moments of training, against seconds and against kimg; a row per data set.

    The floor is that of as many real images as each moment has.
    """
    columns = {"seconds": "training, s", "kimg": "thousands of real images seen"}
    floors = progress.loc[:, ["floor", "n"]].groupby(level="model", sort=False).first()
    figure, panels = _panels(trained, list(columns.values()), floors)
    for rows, axes, height in panels:
        number_of = rows.groupby("method").cumcount()
        for axis, column in zip(axes, columns, strict=True):
            for name, method in rows["method"].items():
                curve, drawn = progress.loc[[name]], style(number_of[name])
                axis.plot(curve[column], curve["distance"], markersize=3, color=colours[str(method)], **drawn)
            axis.set_xlim(left=0)
            axis.set_ylim(bottom=0)
        for axis, column in zip(axes, columns, strict=True):
            ends = progress.groupby(level="model", sort=False).last().loc[rows.index]
            named = zip(rows.index, ends[column], ends["distance"], rows["method"], strict=True)
            label_beside(axis, [Label(str(name), x, y, colours[method]) for name, x, y, method in named], height)
    _legend(figure, trained, colours)
    _save(figure, file)


def _panels(
    trained: pd.DataFrame, labels: list[str], floors: pd.DataFrame
) -> tuple[Figure, list[tuple[pd.DataFrame, np.ndarray, float]]]:
    """A figure with a row of panels per data set: (its models, its panels, their height in inches).

    `floors`: of each model the distance of real images, and how many they are; models of a data set share it.
    """
    sets = [trained.loc[trained["data_set"] == data] for data in dict.fromkeys(trained["data_set"])]
    heights = [panel_height(len(rows)) for rows in sets]
    figure, axes = plt.subplots(
        len(sets),
        len(labels),
        figsize=(5.5 * len(labels), sum(heights)),
        gridspec_kw={"height_ratios": heights},
        sharey="row",
        squeeze=False,
        layout="constrained",
    )
    for rows, row in zip(sets, axes, strict=True):
        for axis, label in zip(row, labels, strict=True):
            axis.set_xlabel(label)
            axis.tick_params(labelleft=True)
            if len(known := floors.loc[rows.index].dropna()):
                floor_line(axis, *known.iloc[0])
        row[0].set_ylabel(f"{rows['data'].iloc[0]}: {rows['metric'].iloc[0]}\n(less is better)")
    return figure, list(zip(sets, axes, heights, strict=True))


def _legend(figure: Figure, trained: pd.DataFrame, colours: dict[str, str]) -> None:
    shown = {method: colour for method, colour in colours.items() if method in set(trained["method"])}
    figure.legend(handles=handles(shown), title="method", loc="outside right upper", fontsize=8)


def _first_seed(record: Path) -> Path | None:
    seeds = [folder for folder in record.glob("*") if folder.name.isdecimal()]
    return min(seeds, key=lambda folder: int(folder.name), default=None)


def _show(axis: Axes, picture: np.ndarray, title: str) -> None:
    axis.imshow(picture, interpolation="nearest")
    axis.set_title(title, fontsize=9)
    axis.set_xticks([])
    axis.set_yticks([])


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, dpi=150)  # no tight box: layouts are constrained, and it would draw all of it twice
    plt.close(figure)
