"""Does a decoder's head start pay? GANs that start as an autoencoder's decoder beside the same from random weights."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalgan.config.sections import RANDOM
from frugalgan.config.study import Study
from frugalgan.evaluation.over_seeds import MIB
from frugalgan.report.drawing import Label, floor_line, handles, label_beside, method_colours, panel_height, style
from frugalgan.report.head_start import Course, HeadStart, Values
from frugalgan.report.results import Evaluations, data_title, moments_floor
from frugalgan.report.tables import markdown, rounded
from frugalgan.report.verdicts import Compared, by_two_metrics

NEVER = "never"
EMPTY = float("nan")
NOWHERE = Values(*[np.array([EMPTY])] * 3)  # where two models cannot be compared
PANELS = 3  # in a row of the figure
RANDOM_COLOUR = "black"  # of models from random weights
COSTS = [
    "distance_at_start",
    "kid_equal_images",
    "control_kid_equal_images",
    "kid_equal_seconds",
    "control_kid_equal_seconds",
    "swd_equal_images",
    "control_swd_equal_images",
    "swd_equal_seconds",
    "control_swd_equal_seconds",
    "peak_training_mib",
    "control_peak_training_mib",
    "agreement",
    "control_agreement",
]


def decoders(study: Study, starts: Sequence[HeadStart], significance: float) -> pd.DataFrame:
    """A row per model that starts as a decoder, beside its control: seconds, distances, KID, memory in MiB, agreement.

    Distances, KID and SWD are means over seeds at equal images and at equal seconds; `HeadStart` says what these are.
    `seconds_to_control` is the median over the `reached` seeds, or "never". Standard deviations and verdicts are empty
    where there is one seed; `verdicts.by_two_metrics` makes these of all models at equal images, and of all at equal
    seconds, by the distance and by SWD: a model is better or worse where both say so.
    """
    by_images = {start.name: start.equal_images() for start in starts}
    by_seconds = {start.name: start.equal_seconds() for start in starts}
    image_verdicts, second_verdicts = (_verdicts(starts, points, significance) for points in (by_images, by_seconds))
    rows = {}
    for start in starts:
        name = start.name
        rows[name] = {
            **_times(study, start),
            "distance_at_start": start.gan.distance[:, 0].mean(),
            "metric": start.metric,
            **_compared("equal_images", by_images[name], image_verdicts.get(name)),
            **_compared("equal_seconds", by_seconds[name], second_verdicts.get(name)),
            # both must be trained, one after the other
            "peak_training_mib": max(start.gan.peak_training_bytes, start.autoencoder_bytes) / MIB,
            "control_peak_training_mib": start.control.peak_training_bytes / MIB,
            "agreement": _agreement(start.gan),
            "control_agreement": _agreement(start.control),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")


ABOUT = (
    "GANs whose generator starts as a trained autoencoder's decoder, each beside its control, the same GAN from random "
    "weights: after as many images, and after as many seconds, the autoencoder's counted. More: results/decoders.md."
)


def page(study: Study, table: pd.DataFrame, evaluations: Evaluations, significance: float) -> str:
    """The table of `decoders`, and what its columns mean, as Markdown."""
    if not len(table):
        return "# Does a decoder's head start pay?\n\nNo model of models.yaml starts as a decoder and has a control.\n"
    costs = ["data", "start", "control", *COSTS]
    parts = [
        "# Does a decoder's head start pay?\n",
        "A GAN whose generator starts as a trained autoencoder's decoder (`start`) beside its `control`: the same GAN "
        "from random weights, on the same data in the same order and with the same z, seed by seed. Times are in "
        "seconds; distances are Fréchet distances (`metric`), less is better, means over `seeds`, and `_sd` is their "
        "standard deviation.\n",
        *(
            _measured_by(study, data, evaluations)
            for data in dict.fromkeys(evaluations[n]["data"] for n in table.index)
        ),
        "## Sooner, or better?\n",
        "`seconds_to_control` includes the autoencoder's training, `gan_seconds` does not.\n",
        markdown(table.drop(columns=COSTS)),
        "## What it costs, KID, SWD, and labels\n",
        "`distance_at_start` is that of the decoder's weights before the GAN's first step (with a running average, "
        "BatchNorm's statistics are then of normal z, not of codes). Memory in MiB; that of the GAN is the larger of "
        "the autoencoder's and its own, for both must be trained. `agreement` is the share of the trained model's "
        "images that a classifier of real images labels as asked. It is empty for models that are not conditional.\n",
        markdown(table.loc[:, costs]),
        "## What is compared\n",
        "- **Time** at a moment of training is the median over seeds, which one disturbed run does not move. The "
        "autoencoder's whole training (`autoencoder_seconds`) comes before the GAN's first moment.\n"
        "- **Equal images**: when both have seen as many images as the shorter of their trainings showed. The "
        "autoencoder's images are not counted.\n"
        "- **Equal seconds**: at the end of the control's training, or of the GAN's where that is earlier. Empty where "
        "the autoencoder alone takes longer than the control's whole training.\n"
        "- **Seconds to the control's final distance** (its mean over seeds): when a seed's own curve first comes down "
        "to it, even if it leaves it again; the median over the seeds that do (`reached`), `never` if none does. "
        "`control_seconds_to_control` is the same of the control's own curves: it tells a head start from a control "
        "that had got there long before its end.\n"
        "- Between moments, curves are straight lines; none is extrapolated.\n"
        f"- **Verdicts**: Welch's two-sided t-test over seeds, at {significance:g}, Holm-corrected for all models "
        "compared at equal images, and for all compared at equal seconds; by the distance and by the sliced "
        "Wasserstein distance; where these differ, *metrics disagree*, and no model that collapsed is better. One seed "
        "allows no verdict.\n",
    ]
    return "\n".join(parts)


def _measured_by(study: Study, data: str, evaluations: Evaluations) -> str:
    """A line on what the numbers of a data set were measured by."""
    models = [one for one in evaluations.values() if one["data"] == data]
    n, floor = models[0]["n_per_moment"], moments_floor(models[0])
    text = f"- **{data_title(study, data)}**: {n} images at each moment are compared with "
    text += f"{models[0]['n_reference']} real ones"
    if not np.isnan(floor):
        text += f"; {n} other real ones score {rounded(floor)}, the floor"
    labelled = next((model for model in models if "classifier" in model), None)
    if labelled:
        accuracy, judged_on = labelled["classifier_accuracy"], labelled["classifier_judged_on"]
        text += f"; labels by a {labelled['classifier']}, right for {accuracy:.1%} of {judged_on}"
    return f"{text}.\n"


def plot(starts: Sequence[HeadStart], evaluations: Evaluations, file: Path) -> None:
    """Distance over seconds of training, a panel per control; models that start as a decoder start after its seconds.

    Lines are means over seeds, bands ± their standard deviation; the colour is that of the autoencoder's method. No
    file where no model starts as a decoder.
    """
    panels: dict[str, list[HeadStart]] = {}
    for start in starts:
        panels.setdefault(start.control_name, []).append(start)
    if not panels:
        return
    colours = method_colours(one["method"] for one in evaluations.values())
    columns = min(PANELS, len(panels))
    rows, height = -(-len(panels) // columns), panel_height(1 + max(map(len, panels.values())))
    figure = Figure(figsize=(6 * columns, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).flatten()
    for axis in axes[len(panels) :]:
        axis.axis("off")
    for axis, (control, shown) in zip(axes, panels.items(), strict=False):
        labels = [_curve(axis, shown[0].control, 0.0, control, RANDOM_COLOUR, {"linestyle": "-", "marker": "o"})]
        drawn: dict[str, int] = {}
        for start in shown:
            method = evaluations[start.autoencoder]["method"]
            line = style(drawn.setdefault(method, 0))
            drawn[method] += 1
            labels.append(_curve(axis, start.gan, start.autoencoder_seconds, start.name, colours[method], line))
        if not np.isnan(floor := moments_floor(evaluations[control])):
            floor_line(axis, floor, evaluations[control]["n_per_moment"])
        axis.set_title(f"{control} ({shown[0].data})", fontsize=9)
        axis.set_xlabel("training, s, the autoencoder's included", fontsize=8)
        axis.set_ylabel(f"{shown[0].metric}\n(less is better)", fontsize=8)
        axis.set_xlim(left=0)
        axis.set_ylim(bottom=0)
        label_beside(axis, labels, height)
    methods = {evaluations[start.autoencoder]["method"] for start in starts}
    known = {RANDOM: RANDOM_COLOUR} | {name: colour for name, colour in colours.items() if name in methods}
    figure.legend(handles=handles(known), title="starts from", loc="outside right upper", fontsize=8)
    figure.savefig(file, dpi=150)


def _curve(axis: Axes, course: Course, offset: float, name: str, colour: str, line: dict[str, Any]) -> Label:
    """A model's line and band; its name belongs to the line's end."""
    seconds, mean = offset + course.times, course.distance.mean(axis=0)
    axis.plot(seconds, mean, markersize=3, color=colour, **line)
    if len(course.seeds) > 1:
        sd = course.distance.std(axis=0, ddof=1)
        axis.fill_between(seconds, mean - sd, mean + sd, color=colour, alpha=0.1, linewidth=0)
    if offset:
        axis.plot([0, offset], [mean[0], mean[0]], color=colour, linestyle=":", linewidth=0.8)
    return Label(name, seconds[-1], mean[-1], colour)


def _times(study: Study, start: HeadStart) -> dict[str, Any]:
    reached = start.seconds_to_control()
    return {
        "data": data_title(study, start.data),
        "start": start.autoencoder,
        "control": start.control_name,
        "seeds": len(start.gan.seeds),
        "autoencoder_seconds": start.autoencoder_seconds,
        "gan_seconds": start.gan.times[-1],
        "control_seconds": start.control.times[-1],
        "seconds_to_control": _median(reached),
        "reached": f"{len(reached)} of {len(start.gan.seeds)}",
        "control_seconds_to_control": _median(start.control.seconds_below(start.control.final_distance)),
    }


def _median(seconds: list[float]) -> float | str:
    # rounded here: pandas writes numbers in a column with text in full
    return round(float(np.median(seconds)), 3) if seconds else NEVER


def _compared(where: str, points: tuple[Values, Values] | None, verdict: str | None) -> dict[str, Any]:
    ours, theirs = points or (NOWHERE, NOWHERE)
    return {
        f"distance_{where}": ours.distance.mean(),
        f"distance_{where}_sd": _sd(ours.distance),
        f"control_{where}": theirs.distance.mean(),
        f"control_{where}_sd": _sd(theirs.distance),
        f"verdict_{where}": verdict,
        f"kid_{where}": ours.kid.mean(),
        f"control_kid_{where}": theirs.kid.mean(),
        f"swd_{where}": ours.swd.mean(),
        f"control_swd_{where}": theirs.swd.mean(),
    }


def _sd(values: np.ndarray) -> float:
    return values.std(ddof=1) if len(values) > 1 else EMPTY


def _verdicts(
    starts: Sequence[HeadStart], points: Mapping[str, tuple[Values, Values] | None], significance: float
) -> dict[str, str]:
    """Of both metrics, where there are several seeds."""
    firsts, seconds = [], []
    for start in starts:
        if (both := points[start.name]) and len(both[0].distance) > 1:
            ours, theirs = both
            for compared, a, b in ((firsts, ours.distance, theirs.distance), (seconds, ours.swd, theirs.swd)):
                compared.append(Compared(start.name, a.tolist(), start.control_name, b.tolist()))
    courses = [course for start in starts for course in ((start.name, start.gan), (start.control_name, start.control))]
    collapsed = {name for name, course in courses if course.collapsed.any()}
    return by_two_metrics(firsts, seconds, significance, collapsed)["verdict"].to_dict()  # pyright: ignore[reportReturnType]


def _agreement(course: Course) -> float:
    return EMPTY if course.agreement is None else course.agreement[:, -1].mean()
