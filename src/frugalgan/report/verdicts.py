"""Is one model better than another? A plain answer for each pair asked for, by a stated test."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import ttest_ind

from frugalgan.report.results import Evaluations, ResultsError, collapsed, numbers, second_metric

BETTER, WORSE, SAME, DISAGREE = "better", "worse", "not distinguishable at this n", "metrics disagree"


def verdicts(evaluations: Evaluations, pairs: Sequence[tuple[str, str]], significance: float) -> pd.DataFrame:
    """One row per pair (model, other): two metrics with their standard deviations and p, and the verdict of both.

    The first metric is the distance; `second` the distance by a second network where there is one, else the sliced
    Wasserstein distance. A model is better or worse where both say so (`by_distance`, `by_second`), each by the test
    of `judge`, p values corrected for all pairs; and none that collapsed wins. Over seeds where both models have
    several (`over`: the verdict is about the methods), else over the draws of the first seed of each (about these two
    trained models). Both must be measured against the same data set; raises ResultsError otherwise.
    """
    firsts, seconds, further = [], [], []
    for a, b in pairs:
        ours, theirs = evaluations[a], evaluations[b]
        if ours["data"] != theirs["data"]:
            raise ResultsError(
                f"compare.pairs: {a} / {b}: measured against {ours['data']} and {theirs['data']}; choose models of one "
                "data set"
            )
        by_seed = min(len(ours["seeds"]), len(theirs["seeds"])) > 1
        found = numbers if by_seed else _draws
        second = second_metric(ours)
        firsts.append((a, found(ours, ours["distance"]), b, found(theirs, theirs["distance"])))
        seconds.append((a, found(ours, second), b, found(theirs, second)))
        further.append(("seeds" if by_seed else "draws", second))
    table, other = judge(firsts, significance), judge(seconds, significance)
    over, metrics = zip(*further, strict=True) if further else ((), ())
    table.insert(table.columns.get_loc("repeats"), "over", over)  # pyright: ignore[reportArgumentType]
    table = table.rename(columns={"verdict": "by_distance"}).assign(second=metrics)
    for column in ("distance", "sd", "other_distance", "other_sd", "p_value"):
        table[f"second_{column}"] = other[column]
    table["by_second"] = other["verdict"]
    collapsed_models = {name for name, one in evaluations.items() if collapsed(one)}
    table["verdict"] = [
        of_both(model, *row, collapsed_models=collapsed_models)
        for model, *row in table[["other", "by_distance", "by_second"]].itertuples(name=None)
    ]
    return table


def of_both(model: str, other: str, first: str, second: str, *, collapsed_models: Collection[str]) -> str:
    """What two metrics' verdicts on a pair say together; none of `collapsed_models` wins."""
    if first != second:
        return DISAGREE
    winner = {BETTER: model, WORSE: other}.get(first)
    return f"{winner} collapsed" if winner in collapsed_models else first


def _draws(evaluation: dict[str, Any], metric: str) -> list[float]:
    return evaluation["quality"][0][f"{metric}_draws"]


def judge(pairs: Sequence[tuple[str, Sequence[float], str, Sequence[float]]], significance: float) -> pd.DataFrame:
    """Welch's two-sided t-test of two models' independent distances, p values Holm-corrected for all pairs at once.

    `pairs`: (model, its distances, other, its distances), each at least 2 numbers. A verdict holds for what was
    repeated: of draws from two trained models it is about these two models and this reference, not about training
    them again; of training seeds it is about the methods. Less is better. `one_repeat_tells`: whether already two
    single distances would differ by more than 1.96 standard deviations of their difference.
    """
    p_values = holm([_p_value(ours, theirs) for _, ours, _, theirs in pairs])
    rows: list[dict[str, Any]] = []
    for (model, ours, other, theirs), p in zip(pairs, p_values, strict=True):
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
                "repeats": min(len(ours), len(theirs)),
                "p_value": float(f"{p:.2g}"),
                "verdict": better if p < significance else SAME,
                "one_repeat_tells": bool(abs(np.mean(ours) - np.mean(theirs)) > 1.96 * np.hypot(*spreads)),
            }
        )
    columns = ["model", "distance", "sd", "other", "other_distance", "other_sd", "repeats"]
    return pd.DataFrame(rows, columns=[*columns, "p_value", "verdict", "one_repeat_tells"]).set_index("model")


def holm(p_values: Sequence[float]) -> list[float]:
    """p values corrected for their number (Holm 1979): the chance of even one false verdict stays what it was."""
    corrected, running = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = running
    return corrected


def _p_value(a: Sequence[float], b: Sequence[float]) -> float:
    if np.ptp(a) == np.ptp(b) == 0:  # no spread, no test: equal copies are no repetition
        return 1.0
    return float(np.asarray(ttest_ind(a, b, equal_var=False))[1])  # (statistic, p)
