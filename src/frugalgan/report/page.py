"""The comparison of all models as one Markdown page."""

import pandas as pd

from frugalgan.config.study import Study
from frugalgan.evaluation.settings import Evaluate
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
    "precision",
    "coverage",
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
]
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


def page(study: Study, table: pd.DataFrame, tables: dict[str, pd.DataFrame], compare: Compare, notes: list[str]) -> str:
    """All models in one table, verdicts, and further numbers, as Markdown; `notes` stand above the table."""
    settings = study.section("evaluate", Evaluate)
    drawn = any(study.datasets[data].source == "drawn" for data in set(table["data_set"]))
    note = " Drawn pictures are drawn, not photographs." if drawn else ""
    parts = [
        "# Comparison of all models\n",
        f"`distance` is the Fréchet distance by the network that `metric` names (less is better): the mean of "
        f"{settings.repeats} draws against real images, and over seeds where there are several; `distance_sd` is its "
        "standard deviation, over what `spread` says. **Distances compare only where data and metric are the same.** "
        "`floor` is what real images score against other real ones. `agreement` is the share of a conditional model's "
        "images that a classifier labels as asked. Memory in MiB, time in seconds; ratios are to the first trained "
        f"model of the same data.{note}\n",
        *(f"**{sentence}**\n" for sentence in notes),
        markdown(table.loc[:, SUMMARY]),
        "## Better or worse?\n",
        "Welch's two-sided t-test, Holm-corrected for the pairs below, at "
        f"{compare.significance:g}: over seeds where both models have several, then it is about the methods; else over "
        f"{settings.repeats} draws, then it is about these two trained models (set `seeds` in models.yaml for more). "
        "`one_repeat_tells` says whether already one repeat of each would do.\n",
        markdown(tables["verdicts"]),
        "## Quality\n",
        "`distance_infinity` is extrapolated to infinitely many samples; `distance_vs_source` is to images of the "
        "teacher. Compare `floor` with `distance_at_floor_n`. `closer_than_heldout_share` is about 0.05 for a model as "
        "original as real images, 1 for one that copies them, and 0 also where nothing resembles them. "
        "`quality_change_percent` is relative to the first trained model of the same data.\n",
        markdown(table.loc[:, QUALITY]),
        "## What was trained\n",
        markdown(table.loc[:, COST]),
    ]
    for name, title in TITLES.items():
        if len(tables[name]):
            parts += [
                f"## {title}\n",
                "Figures of the thesis stand beside ours for their ratios; absolute values compare only at its scale, "
                "on photographs, by Inception.\n",
                markdown(tables[name]),
            ]
    return "\n".join(parts)
