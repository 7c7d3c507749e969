"""Figures as they are saved, and whether their texts run into each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations, product
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox


@contextmanager
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Figure]]:
    """The figures that are saved within."""
    found: list[Figure] = []
    save = Figure.savefig

    def noted(self: Figure, *arguments: Any, **options: Any) -> None:
        save(self, *arguments, **options)
        found.append(self)

    with monkeypatch.context() as patch:
        patch.setattr(Figure, "savefig", noted)
        yield found


def words(figure: Figure) -> list[tuple[str, Bbox, Axes | None]]:
    """Every text that is drawn, and every legend, with the box that it takes and the panel that it belongs to."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()  # every text to its place
    found: list[tuple[str, Bbox, Axes | None]] = []
    for axis in figure.axes:
        texts = [axis.title, axis.xaxis.label, axis.yaxis.label, *axis.texts] if axis.axison else []
        for place, (low, high), labels in (
            (0, sorted(axis.get_xlim()), axis.get_xticklabels()),
            (1, sorted(axis.get_ylim()), axis.get_yticklabels()),
        ):
            texts += [label for label in labels if axis.axison and low <= label.get_position()[place] <= high]
        found += [(text.get_text(), Text.get_window_extent(text, renderer), axis) for text in texts if text.get_text()]
    return found + [("legend", legend.get_window_extent(renderer), None) for legend in figure.legends]


def assert_nothing_overlaps(figure: Figure) -> None:
    """No text runs into another, or into a panel that is not its own."""
    placed = words(figure)
    for (one, box, _), (other, its_box, _) in combinations(placed, 2):
        assert not overlap(box, its_box), f"{one!r} runs into {other!r}"
    for (text, box, own), axis in product(placed, figure.axes):
        if axis.axison and axis is not own:
            assert not overlap(box, axis.get_window_extent()), f"{text!r} runs into the panel {axis.get_title()!r}"


def overlap(one: Bbox, other: Bbox) -> bool:
    shared = Bbox.intersection(one, other)
    return shared is not None and min(shared.width, shared.height) >= 1  # px
