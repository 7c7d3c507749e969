"""What figures have in common: a colour per method, labels that never overlap, the floor."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.optimize import isotonic_regression

LABEL_SIZE = 6.5  # points
STYLES = ("-", "--", "-.", ":")  # of models of one method, in turn
MARKERS = ("o", "s", "^", "D")  # … after that
LEAST_HEIGHT, LABEL_HEIGHT, AROUND = 4.0, 0.125, 1.0  # inches: of a panel, of a label, of what stands around a panel


@dataclass(frozen=True)
class Label:
    """The name of a point."""

    text: str
    x: float
    y: float
    colour: str


def method_colours(methods: Iterable[str]) -> dict[str, str]:
    """Method → colour, for any number of methods, in their order."""
    return {method: f"C{number % 10}" for number, method in enumerate(dict.fromkeys(methods))}


def style(number: int) -> dict[str, Any]:
    """Line and marker of the model of that number among those of one colour, as arguments of `Axes.plot`."""
    return {"linestyle": STYLES[number % len(STYLES)], "marker": MARKERS[number // len(STYLES) % len(MARKERS)]}


def handles(colours: dict[str, str]) -> list[Line2D]:
    """What a legend shows of each method."""
    return [Line2D([], [], color=colour, marker="o", linestyle="", label=name) for name, colour in colours.items()]


def panel_height(labels: int) -> float:
    """Inches of a panel, with what stands around it, in which so many labels have room one above the other."""
    return max(LEAST_HEIGHT, LABEL_HEIGHT * labels + AROUND)


def label_beside(axis: Axes, labels: Sequence[Label], height: float) -> None:
    """Names to the right of a panel of `height` inches, each with a thin line to its point and none over another.

    The limits of both axes must be set.
    """
    if not labels:
        return
    ordered = sorted(labels, key=lambda label: label.y)
    low, high = axis.get_ylim()
    step = LABEL_HEIGHT / (height - AROUND)
    places = spread([(label.y - low) / (high - low) for label in ordered], step)
    for label, place in zip(ordered, places, strict=True):
        axis.annotate(
            label.text,
            (label.x, label.y),
            xytext=(1.05, place),
            textcoords="axes fraction",
            va="center",
            fontsize=LABEL_SIZE,
            color=label.colour,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "linewidth": 0.4, "color": label.colour, "alpha": 0.6, "relpos": (0, 0.5)},
        )


def spread(places: Sequence[float], step: float) -> list[float]:
    """Rising places in 0 … 1 → the nearest that are at least `step` apart, in 0 … 1 where that is possible."""
    offsets = step * np.arange(len(places))
    moved = isotonic_regression(np.array(places) - offsets).x
    return list(np.clip(moved, 0, max(0.0, 1 - offsets[-1])) + offsets)


def floor_line(axis: Axes, floor: float, n: float) -> None:
    """A dotted line at the distance that `n` real images have."""
    axis.axhline(floor, color="grey", linestyle=":")
    axis.annotate(
        f"floor: {n:g} real images",
        (0, floor),
        xycoords=("axes fraction", "data"),
        xytext=(3, 2),
        textcoords="offset points",
        fontsize=LABEL_SIZE,
        color="grey",
    )
