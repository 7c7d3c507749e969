"""Figures: one colour per method, names that never run into each other, and no figure of nothing."""

from pathlib import Path

import numpy as np
import pytest
from drawn_figures import assert_nothing_overlaps, seen, words
from head_starts import evaluated, starts_of
from matplotlib.figure import Figure
from small_evaluations import evaluations_of
from small_study import row, small_study

from frugalgan.report import decoders, figures
from frugalgan.report.drawing import method_colours, spread, style
from frugalgan.report.results import over_training, results

METHODS = ("wgan_gp", "dcgan", "ae", "vae", "wae")
# As many models as a busy study has, all as good as each other: names have the least room.
CROWD = {f"{method}_model_with_a_long_name_{number}": row(method=method) for number in range(4) for method in METHODS}
ROWS = CROWD | {"scratch": row(data="dogs"), "flowers": row(data="flowers_of_my_own", method="kd")}
STUDY = small_study(ROWS)


def test_names_never_run_into_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluations = evaluations_of(STUDY, ROWS)
    table, colours = results(STUDY, evaluations), method_colours(one["method"] for one in ROWS.values())
    with seen(monkeypatch) as found:
        figures.pareto(table, colours, tmp_path / "pareto.png")
        figures.quality_over_training(over_training(evaluations), table, colours, tmp_path / "over.png")
        figures.memory(table, colours, tmp_path / "memory.png")
        decoders.plot(starts_of(), evaluated(), tmp_path / "head_starts.png")
    assert [len(figure.axes) for figure in found] == [3 * 3, 3 * 2, 1, 3]  # a row of panels per data set
    for figure in found:
        assert_nothing_overlaps(figure)
    for figure in found[:2]:
        names = [text for text, _, _ in words(figure)]
        assert all(names.count(name) == len(figure.axes) / 3 for name in ROWS)


def test_every_method_has_one_colour_and_models_of_one_method_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluations = evaluations_of(STUDY, ROWS)
    table = results(STUDY, evaluations)
    colours = method_colours(table["method"])
    assert list(colours) == ["wgan_gp", "dcgan", "ae", "vae", "wae", "kd"] and len(set(colours.values())) == 6
    with seen(monkeypatch) as found:
        figures.quality_over_training(over_training(evaluations), table, colours, tmp_path / "over.png")
    lines = [line for line in found[0].axes[0].lines if len(np.asarray(line.get_xdata())) == 2][1:]  # first: the floor
    assert [line.get_color() for line in lines] == [colours[row["method"]] for row in CROWD.values()]
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in lines}) == len(CROWD)
    assert len({tuple(style(number).values()) for number in range(16)}) == 16


def test_the_floor_is_that_of_as_many_images_as_the_curve_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few images have a larger distance: 50 real ones 12.5, the 60 of each moment 16.5 here."""
    rows = {"teacher": row(), "scratch": row(data="dogs")}
    evaluations = evaluations_of(study := small_study(rows), rows)
    evaluations["scratch"]["floor_per_moment"] = None
    table, progress = results(study, evaluations), over_training(evaluations)
    assert progress["n"].tolist() == [60] * 4 and progress["floor"].dropna().tolist() == [16.5] * 2
    colours = method_colours(table["method"])
    with seen(monkeypatch) as found:
        figures.pareto(table, colours, tmp_path / "pareto.png")
        figures.quality_over_training(progress, table, colours, tmp_path / "over.png")
        decoders.plot(starts_of(), evaluated(), tmp_path / "head_starts.png")
    pareto, over, starts = found
    assert floors(pareto) == [12.5] * 6 and "floor: 50 real images" in [text for text, _, _ in words(pareto)]
    assert floors(over) == [16.5] * 2 and floors(starts) == [16.5] * 3  # none of dogs
    for figure in (over, starts):
        texts = [text for text, _, _ in words(figure) if text.startswith("floor")]
        assert set(texts) == {"floor: 60 real images"} and len(texts) == len(floors(figure))


def floors(figure: Figure) -> list[float]:
    """Where dotted lines without markers stand."""
    lines = [line for axis in figure.axes for line in axis.lines]
    return [
        float(np.asarray(line.get_ydata())[0])
        for line in lines
        if line.get_color() == "grey" and line.get_linestyle() == ":"
    ]


def test_no_front_has_a_model_that_collapsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"cheap": row(), "collapsed": row(), "good": row()}
    changes = {
        "cheap": {"distance": 90.0, "mib": 10.0},
        "collapsed": {"distance": 20.0, "mib": 5.0, "collapsed": True},
        "good": {"distance": 50.0, "mib": 20.0},
    }
    table = results(study := small_study(rows), evaluations_of(study, rows, changes))
    with seen(monkeypatch) as found:
        figures.pareto(table, method_colours(table["method"]), tmp_path / "pareto.png")
    (line,) = [line for line in found[0].axes[0].lines if line.get_drawstyle() == "steps-post"]
    assert np.asarray(line.get_ydata()).tolist() == [90.0, 50.0]


def test_colours_of_more_methods_than_there_are_repeat() -> None:
    assert len(method_colours(str(number) for number in range(25))) == 25


@pytest.mark.parametrize(
    ("places", "step", "expected"),
    [
        ([0.1, 0.5, 0.9], 0.1, [0.1, 0.5, 0.9]),
        ([0.5, 0.5, 0.5], 0.1, [0.4, 0.5, 0.6]),
        ([0.0, 0.0, 0.9], 0.2, [0.0, 0.2, 0.9]),
        ([1.0, 1.0], 0.2, [0.8, 1.0]),
        ([0.5], 0.2, [0.5]),
    ],
)
def test_names_move_apart_no_farther_than_they_must(places: list[float], step: float, expected: list[float]) -> None:
    assert spread(places, step) == pytest.approx(expected)


def test_head_starts_have_a_panel_per_control_and_start_after_their_autoencoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with seen(monkeypatch) as found:
        decoders.plot(starts_of(), evaluated(), tmp_path / "head_starts.png")
        decoders.plot(starts_of()[:1], evaluated(), tmp_path / "one.png")
        decoders.plot([], evaluated(), tmp_path / "none.png")
    many, one = found
    titles = [axis.get_title() for axis in many.axes]
    assert titles == ["dcgan (digits)", "cwgan (digits)", "teacher (cats)"]
    assert len(one.axes) == 1 and not (tmp_path / "none.png").exists()
    begins = {(float(np.asarray(line.get_xdata())[0]), len(np.asarray(line.get_xdata()))) for line in one.axes[0].lines}
    assert {(0.0, 5), (5.0, 5)} <= begins  # the control's five moments, and the GAN's after five seconds
