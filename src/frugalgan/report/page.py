"""The comparison of all models as one Markdown page."""

import pandas as pd

from frugalgan.config.study import Study
from frugalgan.evaluation.metrics.variety import COLLAPSED
from frugalgan.evaluation.settings import Evaluate
from frugalgan.report import exports
from frugalgan.report.settings import Compare
from frugalgan.report.tables import markdown

TITLES = {
    "table_3_1": "Table 3.1 of the thesis: transfer learning",
    "table_3_2": "Table 3.2 of the thesis: knowledge distillation",
    "table_3_3": "Table 3.3 of the thesis: summary, relative to ordinary training",
}
SUMMARY = [
    "data",
    "metric",
    "distance",
    "distance_sd",
    "spread",
    "seeds",
    "floor",
    "swd",
    "second_distance",
    "recall",
    "coverage",
    "variety",
    "collapsed",
    "agreement",
    "seconds",
    "peak_training_mib",
    "peak_training_ratio",
    "generator_mib",
    "generator_ratio",
    "trained_parameters",
]
QUALITY = [
    "distance",
    "distance_sd",
    "distance_infinity",
    "distance_at_floor_n",
    "floor",
    "n_floor",
    "distance_vs_source",
    "kid",
    "mmd_rbf",
    "precision",
    "recall",
    "density",
    "coverage",
    "closer_than_heldout_share",
    "quality_change_percent",
    "swd_sd",
    "floor_swd",
    "second_metric",
    "second_distance_sd",
    "second_floor",
    "second_recall",
    "second_coverage",
    "second_variety",
    "spacing",
    "inception_score",
    "inception_score_of_real",
    "classifier_accuracy",
]
JUDGED = [
    *("other", "over", "repeats", "distance", "sd", "other_distance", "other_sd", "p_value", "by_distance"),
    *("second", "second_distance", "second_sd", "second_other_distance", "second_other_sd", "second_p_value"),
    *("by_second", "verdict"),
]
ADAPTED = [
    *("data", "from", "start", "distance", "distance_sd", "content", "recall", "collapsed"),
    *("trained_parameters", "own_kib", "peak_training_mib", "seconds"),
]
ABOUT_ADAPTED = (
    "Models whose generator comes from one of other data. `content` is the mean cosine of features of their images and "
    "the source's of the same z, each without its set's mean; where the data is a style, of the source's images in "
    "that style: 1 is the same picture in the new domain, 0 another one. `own_kib`: of the file that a further domain "
    "takes beside the source."
)
COST = [
    "method",
    "networks",
    "from",
    "start",
    "kimg",
    "batch_size",
    "seconds",
    "seconds_per_kimg",
    "seconds_ratio",
    "generator_parameters",
]


def adapted(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of models that were adapted to another domain."""
    return table.dropna(subset=["content"]).loc[:, ADAPTED]


def _there(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Those of the columns that are measured in this study."""
    return table.loc[:, [column for column in columns if column in table]]


def page(study: Study, table: pd.DataFrame, tables: dict[str, pd.DataFrame], compare: Compare, notes: list[str]) -> str:
    """All models in one table, verdicts, and further numbers, as Markdown; `notes` stand above the table."""
    settings = study.section("evaluate", Evaluate)
    drawn = any(study.datasets[data].source == "drawn" for data in set(table["data_set"]))
    second = ", `second_distance` one by a second network" if "second_distance" in table else ""
    note = " Drawn pictures are drawn, not photographs." if drawn else ""
    parts = [
        "# Comparison of all models\n",
        f"`distance` is the Fréchet distance by the network that `metric` names (less is better): the mean of "
        f"{settings.repeats} draws against real images, and over seeds where there are several; `distance_sd` is its "
        f"standard deviation, over what `spread` says. `swd` is a distance of pixels, without a network{second}. "
        "**Distances compare only where data and metric are the same.** `floor` is what real images score against "
        "other real ones. `variety` is the mean distance of two samples over that of two real images: a model "
        f"`collapsed` where it, or the same of nearest samples, is below {COLLAPSED:g}. `agreement` is the share of a "
        "conditional model's images that a classifier labels as asked. Memory in MiB, time in seconds; ratios are to "
        f"the first trained model of the same data.{note}\n",
        *(f"**{sentence}**\n" for sentence in notes),
        markdown(_there(table, SUMMARY)),
        "## Better or worse?\n",
        f"Two-sided t-tests at {compare.significance:g}, Holm-corrected for the pairs below. Over seeds where both "
        "models have several: Welch's, for trainings are independent; it is about the methods. Else over "
        f"{settings.repeats} draws: the paired one, for draws of both models share z and real images; it is about "
        "these two trained models (set `seeds` in models.yaml for more). "
        "A model is better or worse only where two metrics say so by this test: the distance, and `second`. None that "
        "collapsed is better.\n",
        markdown(tables["verdicts"].loc[:, JUDGED]),
        "## Quality\n",
        "`distance_infinity` is extrapolated to infinitely many samples; `distance_vs_source` is to images of the "
        "teacher. Compare `floor` with `distance_at_floor_n`. `closer_than_heldout_share` is about 0.05 for a model as "
        "original as real images, 1 for one that copies them, and 0 also where nothing resembles them. "
        "`quality_change_percent` is relative to the first trained model of the same data. `inception_score` is by a "
        "classifier of the same data's real images, which is right for `classifier_accuracy` of held-out ones (where "
        "none are held out, of those that it learnt from); `inception_score_of_real` is that of as many such images as "
        "a draw has, or of all where they are fewer. The Inception Score has five blind spots (docs/metrics.md).\n",
        markdown(_there(table, QUALITY)),
        "## What was trained\n",
        markdown(table.loc[:, COST]),
    ]
    if len(rows := adapted(table)):
        parts += ["## Adapted to another domain\n", f"{ABOUT_ADAPTED}\n", markdown(rows)]
    if len(tables["exports"]):
        parts += ["## Exported\n", f"{exports.ABOUT}\n", markdown(tables["exports"])]
    for name, title in TITLES.items():
        if len(tables[name]):
            parts += [
                f"## {title}\n",
                "Figures of the thesis stand beside ours for their ratios; absolute values compare only at its scale, "
                "on photographs, by Inception.\n",
                markdown(tables[name]),
            ]
    return "\n".join(parts)
