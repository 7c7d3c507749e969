"""Is one model better than another? A plain answer for each pair asked for, by a stated test."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import ttest_ind, ttest_rel

from frugalgan.report.results import Evaluations, ResultsError, collapsed, numbers, second_metric

BETTER, WORSE, SAME, DISAGREE = "better", "worse", "not distinguishable at this n", "metrics disagree"
SEEDS, DRAWS = "seeds", "draws"
COLUMNS = [  # of `verdicts`
    *("distance", "sd", "other", "other_distance", "other_sd", "over", "repeats", "p_value", "by_distance"),
    *("one_repeat_tells", "second", "second_distance", "second_sd", "second_other_distance", "second_other_sd"),
    *("second_p_value", "by_second", "verdict"),
]


class Compared(NamedTuple):
    """Numbers of two models by one metric, at least 2 of each; less is better."""

    model: str
    ours: Sequence[float]
    other: str
    theirs: Sequence[float]
    over: str = SEEDS  # what was repeated: SEEDS of training, or DRAWS of images of two trained models


def verdicts(evaluations: Evaluations, pairs: Sequence[tuple[str, str]], significance: float) -> pd.DataFrame:
    """One row per pair (model, other): two metrics with their standard deviations and p, and the verdict of both.

    The first metric is the distance; `second` the distance by a second network where there is one, else the sliced
    Wasserstein distance. `by_two_metrics` says what the verdicts are. Over seeds where both models have several
    (`over`: the verdict is about the methods), else over the draws of the first seed of each (about these two trained
    models). Both must be measured against the same data set; raises ResultsError otherwise.
    """
    firsts, seconds = [], []
    for a, b in pairs:
        ours, theirs = evaluations[a], evaluations[b]
        if ours["data"] != theirs["data"]:
            raise ResultsError(
                f"compare.pairs: {a} / {b}: measured against {ours['data']} and {theirs['data']}; choose models of one "
                "data set"
            )
        over = SEEDS if min(len(ours["seeds"]), len(theirs["seeds"])) > 1 else DRAWS
        found = numbers if over == SEEDS else draws
        for compared, metric in ((firsts, ours["distance"]), (seconds, second_metric(ours))):
            compared.append(Compared(a, found(ours, metric), b, found(theirs, metric), over))
    collapsed_models = {name for name, one in evaluations.items() if collapsed(one)}
    table = by_two_metrics(firsts, seconds, significance, collapsed_models)
    return table.assign(second=[second_metric(evaluations[a]) for a, _ in pairs]).loc[:, COLUMNS]


def by_two_metrics(
    firsts: Sequence[Compared], seconds: Sequence[Compared], significance: float, collapsed_models: Collection[str]
) -> pd.DataFrame:
    """The same pairs judged by two metrics, a row per pair: the columns of `judge`, and as `second_…` those by the
    second metric. `verdict` is better or worse where both metrics say so (`by_distance`, `by_second`); no model of
    `collapsed_models` wins."""
    first, second = judge(firsts, significance), judge(seconds, significance)
    table = pd.concat([first, second.add_prefix("second_")], axis=1)
    table = table.rename(columns={"verdict": "by_distance", "second_verdict": "by_second"})
    words = zip(table.index, table["other"], table["by_distance"], table["by_second"], strict=True)
    return table.assign(verdict=[_of_both(*row, collapsed_models) for row in words])


def judge(pairs: Sequence[Compared], significance: float) -> pd.DataFrame:
    """A two-sided t-test of each pair, p values Holm-corrected for all pairs at once; one row per pair.

    `p_value` says which test. A verdict holds for what was repeated: of draws from two trained models it is about these
    two models and this reference, not about training them again; of training seeds it is about the methods.
    `one_repeat_tells`: whether already two single distances would differ by more than 1.96 standard deviations of
    their difference, if they were independent.
    """
    p_values = holm([p_value(pair.ours, pair.theirs, paired=pair.over == DRAWS) for pair in pairs])
    rows: list[dict[str, Any]] = []
    for (model, ours, other, theirs, over), p in zip(pairs, p_values, strict=True):
        spreads = np.std(ours, ddof=1), np.std(theirs, ddof=1)
        better = BETTER if np.mean(ours) < np.mean(theirs) else WORSE
        rows.append(
            {
                "model": model,
                "distance": np.mean(ours),
                "sd": spreads[0],
                "other": other,
                "other_distance": np.mean(theirs),
                "other_sd": spreads[1],
                "over": over,
                "repeats": min(len(ours), len(theirs)),
                "p_value": float(f"{p:.2g}"),
                "verdict": better if p < significance else SAME,
                "one_repeat_tells": bool(abs(np.mean(ours) - np.mean(theirs)) > 1.96 * np.hypot(*spreads)),
            }
        )
    columns = ["model", "distance", "sd", "other", "other_distance", "other_sd", "over", "repeats"]
    return pd.DataFrame(rows, columns=[*columns, "p_value", "verdict", "one_repeat_tells"]).set_index("model")


def holm(p_values: Sequence[float]) -> list[float]:
    """p values corrected for their number (Holm 1979): the chance of even one false verdict stays what it was."""
    corrected, running = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = running
    return corrected


def p_value(ours: Sequence[float], theirs: Sequence[float], *, paired: bool) -> float:
    """p of the two-sided t-test of equal means: the paired one where `paired` and both are as many, else Welch's.

    Draw i of two trained models is of the same z, where their codes have the same length, and both are measured
    against the same real images, at the same places of patches: the draws are pairs, and what they share cancels in
    their difference. The paired test is valid however much or little they share. Seeds of two trainings are
    independent, so Welch's is right for them. Without any spread there is no test, and 1: copies are no repetition.
    """
    paired = paired and len(ours) == len(theirs)
    if not (np.ptp(np.subtract(ours, theirs)) if paired else np.ptp(ours) + np.ptp(theirs)):
        return 1.0
    found = ttest_rel(ours, theirs) if paired else ttest_ind(ours, theirs, equal_var=False)
    return float(np.asarray(found)[1])  # (statistic, p)


def draws(evaluation: dict[str, Any], metric: str) -> list[float]:
    """A metric of each draw of the first seed's final images."""
    return evaluation["quality"][0][f"{metric}_draws"]


def _of_both(model: str, other: str, first: str, second: str, collapsed_models: Collection[str]) -> str:
    if first != second:
        return DISAGREE
    winner = {BETTER: model, WORSE: other}.get(first)
    return f"{winner} collapsed" if winner in collapsed_models else first
