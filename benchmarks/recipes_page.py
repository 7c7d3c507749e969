"""What benchmarks/recipes.py found, to be read: a table, the plot of quality over seconds, pictures side by side.

    python benchmarks/recipes_page.py out page

Prints a table of every recipe's last mark, means ± standard deviations where it has several seeds; and which metrics
call the later of two marks of a training the better one.
Writes page/over_seconds.jpg and page/side_by_side.jpg. A recipe is collapsed where one of its seeds is. What learns
through Lite0 has no distance by it, and VGG16 says whether it collapsed.
"""

import json
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any

import cv2
import matplotlib.pyplot as plt
import numpy as np
import typer

from frugalgan.evaluation.metrics.variety import COLLAPSED
from frugalgan.report.drawing import method_colours, style

COLUMNS = {  # of the table: the key of a mark, and how many decimals
    "kimg": ("kimg", 1),
    "images/s": ("images_per_second", 1),
    "Lite0 distance": ("fd_efficientnet_lite0", 0),
    "swd": ("swd", 0),
    "VGG16 distance": ("fd_vgg16_edges", 0),
    "coverage": ("coverage_efficientnet_lite0", 3),
    "recall": ("recall_efficientnet_lite0", 3),
    "VGG16 coverage": ("coverage_vgg16_edges", 2),
    "VGG16 recall": ("recall_vgg16_edges", 2),
    "variety": ("variety_efficientnet_lite0", 2),
    "spacing": ("spacing_efficientnet_lite0", 2),
}
LESS_IS_BETTER = "Lite0 distance", "swd", "VGG16 distance"
MORE_IS_BETTER = "coverage", "recall", "VGG16 coverage", "VGG16 recall"
CURVES = "Lite0 distance", "swd", "VGG16 distance", "variety"
MIB, INCH, QUALITY = 2**20, 2.5, 90

Runs = dict[str, list[dict[str, Any]]]


def main(
    out: Annotated[Path, typer.Argument(help="folder that benchmarks/recipes.py wrote")],
    page: Annotated[Path, typer.Argument(help="folder for the two pictures")],
) -> None:
    runs: Runs = defaultdict(list)
    for file in sorted(out.glob("*.json")):
        runs[(run := json.loads(file.read_text()))["recipe"]].append(run)
    if not runs:
        raise SystemExit(f"{out}: no results; benchmarks/recipes.py writes them")
    page.mkdir(parents=True, exist_ok=True)
    print(*table(runs), "", *later_is_better(runs), sep="\n")
    over_seconds(runs, page / "over_seconds.jpg")
    side_by_side(out, runs, page / "side_by_side.jpg")


def table(runs: Runs) -> list[str]:
    """Markdown, the smallest swd first, what collapsed last."""

    def place(found: list[dict[str, Any]]) -> tuple[bool, float]:
        last = [run["marks"][-1] for run in found]
        return any(map(collapsed, found, last)), float(np.mean([mark[COLUMNS["swd"][0]] for mark in last]))

    ordered = sorted(runs.items(), key=lambda item: place(item[1]))
    head = ["recipe", "seeds", "seconds", *COLUMNS, "collapsed", "peak, MiB"]
    rows = [head, ["---"] * len(head)]
    for name, found in ordered:
        marks = [run["marks"][-1] for run in found]
        rows.append(
            [name, str(len(found)), f"{marks[0]['seconds']:g}"]
            + ["–" if seen(found[0], key) else shown([mark[key] for mark in marks], n) for key, n in COLUMNS.values()]
            + ["yes" if any(collapsed(found[0], mark) for mark in marks) else "no"]
            + ["–" if (peak := found[0]["peak_bytes"]) is None else f"{peak / MIB:.0f}"]
        )
    return [f"| {' | '.join(row)} |" for row in rows]


def later_is_better(runs: Runs) -> list[str]:
    """Markdown: which metric ranks? Of all pairs of marks of one training, the later after 1.5 times the seconds or
    more, the share in which it calls the later one better."""
    found: dict[str, list[bool]] = defaultdict(list)
    for run in (run for several in runs.values() for run in several):
        for before, after in combinations(run["marks"], 2):
            for title, (key, _) in COLUMNS.items() if after["seconds"] >= 1.5 * before["seconds"] else ():
                if title in LESS_IS_BETTER + MORE_IS_BETTER and not seen(run, key):
                    found[title].append((after[key] > before[key]) == (title in MORE_IS_BETTER))
    rows = [["metric", "pairs", "later is better"], ["---"] * 3]
    rows += [[title, str(len(pairs)), f"{np.mean(pairs):.2f}"] for title, pairs in found.items()]
    return [f"| {' | '.join(row)} |" for row in rows]


def seen(run: dict[str, Any], key: str) -> bool:
    """Whether a number is by the network that the recipe learns through. (Variety and spacing are no distances.)"""
    return through_lite0(run) and key.endswith("lite0") and not key.startswith(("var", "spac"))


def through_lite0(run: dict[str, Any]) -> bool:
    """Whether the critic sees images through that network."""
    critic = run["choices"].get("critic_from", run["choices"])["family"]  # of a pair, or of the recipe
    return critic.lower() in ("projected", "mixed")


def shown(values: list[float], digits: int) -> str:
    """The mean, and ± the standard deviation where there are several."""
    mean = f"{np.mean(values):.{digits}f}"
    return f"{mean} ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else mean


def collapsed(run: dict[str, Any], mark: dict[str, float]) -> bool:
    """By the pipeline's own flag: for either network that training did not see."""
    networks = ("vgg16_edges",) if through_lite0(run) else ("vgg16_edges", "efficientnet_lite0")
    return min(mark[f"{name}_{network}"] for name in ("variety", "spacing") for network in networks) < COLLAPSED


def over_seconds(runs: Runs, file: Path) -> None:
    """A panel per metric, a line per recipe: means over seeds."""
    figure, axes = plt.subplots(1, len(CURVES), figsize=(3.4 * len(CURVES), 3.6), layout="constrained")
    families = method_colours(sorted({run["choices"]["family"] for found in runs.values() for run in found}))
    numbers: dict[str, int] = defaultdict(int)
    for name, found in runs.items():
        colour = families[family := found[0]["choices"]["family"]]
        for axis, metric in zip(axes, CURVES, strict=True):
            values = [[mark[COLUMNS[metric][0]] for mark in run["marks"]] for run in found]
            seconds = [mark["seconds"] for mark in found[0]["marks"]]
            if seen(found[0], COLUMNS[metric][0]):
                continue
            axis.plot(seconds, np.mean(values, 0), color=colour, label=name, markersize=3, **style(numbers[family]))
            axis.set(title=metric, xlabel="seconds of training")
            if metric != "variety":
                axis.set_yscale("log")
        numbers[family] += 1
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=7)
    figure.savefig(file, dpi=120)


def side_by_side(out: Path, runs: Runs, file: Path) -> None:
    """The first row of each recipe's images, of its first seed at the last mark: always the same z."""
    figure, axes = plt.subplots(len(runs), 1, figsize=(4 * INCH, 0.56 * INCH * len(runs)), layout="constrained")
    for axis, (name, (run, *_)) in zip(np.atleast_1d(axes), runs.items(), strict=True):
        picture = cv2.imread(str(out / f"{name}_{run['seed']}_{run['marks'][-1]['seconds']:g}.png"))
        assert picture is not None, name
        axis.imshow(picture[: picture.shape[1] // 8, :, ::-1])
        axis.set_title(name, fontsize=8, loc="left", pad=2)
        axis.axis("off")
    figure.savefig(file, dpi=110, pil_kwargs={"quality": QUALITY})


if __name__ == "__main__":
    typer.run(main)
