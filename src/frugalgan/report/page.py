"""The comparison as one Markdown page."""

import pandas as pd

from frugalgan.report.tables import markdown
from frugalgan.sections import Params

TITLES = {
    "table_3_1": "Table 3.1: transfer learning",
    "table_3_2": "Table 3.2: knowledge distillation",
    "table_3_3": "Table 3.3: summary, relative to ordinary training",
}
COSTS = [
    "data",
    "kimg",
    "seconds",
    "seconds_per_epoch",
    "peak_training_mib",
    "peak_training_ratio",
    "generator_mib",
    "generator_ratio",
    "trained_parameters",
    "generator_parameters",
]


def page(table: pd.DataFrame, tables: dict[str, pd.DataFrame], key: str, params: Params) -> str:
    """Verdicts, quality, cost, and the thesis's tables, as Markdown."""
    source = "drawn pictures, not photographs" if params.data.source == "drawn" else "photographs"
    n, draws = params.scale.samples, params.evaluate.repeats
    quality = [name for name in table.columns if name == "data" or name not in (*COSTS, "seconds_per_epoch_ratio")]
    parts = [
        f"# Comparison at scale `{params.scale_name}` on {source}\n",
        f"`{key}` is the Fréchet distance (less is better): the mean of {draws} draws of {n} images each against {n} "
        "real ones, `_sd` its standard deviation over the draws. Figures of the thesis stand beside ours for their "
        "ratios; absolute values compare only at scale `paper` with the Inception extractor, on photographs.\n",
        "## Better or worse?\n",
        f"Welch's two-sided t-test of the {draws} draws of each model, Holm-corrected for the pairs below, at "
        f"{params.compare.significance:g}. It is about these trained models and this reference; whether a *method* is "
        "better, training it again from other seeds tells (`frugalgan seeds`). `one_repeat_tells` says whether "
        f"already one draw of {n} each would do.\n",
        markdown(tables["verdicts"]),
        "## Quality\n",
        f"`{key}_infinity` is extrapolated to infinitely many samples. `{key}_floor` is what real images score against "
        f"other real ones at `n_floor` images; compare it with `{key}_at_floor_n`. "
        "`closer_than_heldout_share` is about 0.05 for a model as original as real images, 1 for one that copies them, "
        "and 0 also where nothing resembles them.\n",
        markdown(table.loc[:, quality]),
        "## Cost\n",
        "Memory in MiB, time in seconds; ratios are to ordinary training on the same data.\n",
        markdown(table.loc[:, [name for name in COSTS if name in table.columns]]),
    ]
    for name, title in TITLES.items():
        parts += [f"## {title}\n", markdown(tables[name])]
    return "\n".join(parts)
