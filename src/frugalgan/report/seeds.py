"""Mean and spread of every model's metrics over training seeds, from DVC's experiments."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from frugalgan.metrics.names import distance_key, metric_key
from frugalgan.report.results import FURTHER, ResultsError
from frugalgan.report.verdicts import judge

BASELINE = "HEAD"
COSTS = ("seconds", "peak_training_bytes")


@dataclass(frozen=True)
class Run:
    """One run of the pipeline, committed or as an experiment."""

    revision: str
    params: dict[str, Any]
    metrics: dict[tuple[str, str], dict[str, Any]]  # (kind, model) → a metrics file

    def own(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The metrics of models that this run's seed trained: files of a stage that did not run are the baseline's."""
        seed = self.params["seed"]
        mine = {model for (kind, model), cost in self.metrics.items() if kind == "cost" and cost["seed"] == seed}
        return {key: values for key, values in self.metrics.items() if key[1] in mine}

    def conditions(self) -> list[tuple[str, ...]]:
        """Where it was computed, from which numbers may depend."""
        costs = [values for (kind, _), values in self.own().items() if kind == "cost"]
        return sorted({(cost["device"], cost["precision"], cost["torch"]) for cost in costs})


def runs() -> list[Run]:
    """All experiments on the last commit, and its own run last, read through DVC's API. Raises ResultsError."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.scm import SCMError

    try:
        with Repo() as repo:
            listed = [item for items in repo.experiments.ls(rev=BASELINE).values() for item in items]
            names = {BASELINE: BASELINE} | {sha: name for name, sha in listed}
            params, metrics = (part.show(revs=list(names)) for part in (repo.params, repo.metrics))
    except (DvcException, SCMError) as error:
        raise ResultsError(f"cannot read the experiments: {error}; run in the project's folder") from None
    found = []
    for revision, name in (*list(names.items())[1:], (BASELINE, BASELINE)):
        by_model = {_kind_and_model(file): values for file, values in _files(metrics, revision).items()}
        found.append(Run(name, _files(params, revision).get("params.yaml", {}), by_model))
    return found


def groups(found: Sequence[Run]) -> list[dict[int, Run]]:
    """Runs that differ in nothing but `seed`, device, precision and torch included, by seed: the first of each.

    Only where there are at least two seeds; largest group first.
    """
    by_params: dict[str, dict[int, Run]] = {}
    for run in found:
        if "seed" in run.params:
            equal = {key: value for key, value in run.params.items() if key != "seed"}
            rest = json.dumps([equal, run.conditions()], sort_keys=True)
            by_params.setdefault(rest, {}).setdefault(run.params["seed"], run)
    return sorted((group for group in by_params.values() if len(group) > 1), key=len, reverse=True)


def over_seeds(group: Mapping[int, Run]) -> pd.DataFrame:
    """A row per model and metric: mean and standard deviation (n − 1) over the seeds that have it, and how many do."""
    numbers: dict[tuple[str, str], list[float]] = {}
    for run in group.values():
        for (kind, model), values in run.own().items():
            for metric in _shown(kind, values):
                numbers.setdefault((model, metric), []).append(float(values[metric]))
    rows = [
        {"model": model, "metric": metric, "mean": pd.Series(x).mean(), "sd": pd.Series(x).std(), "seeds": len(x)}
        for (model, metric), x in sorted(numbers.items())
    ]
    return pd.DataFrame(rows, columns=["model", "metric", "mean", "sd", "seeds"]).set_index("model")


def seed_verdicts(group: Mapping[int, Run], pairs: Sequence[tuple[str, str]], significance: float) -> pd.DataFrame:
    """`verdicts.judge` of the distances of each pair, one per seed: about the methods, not about two trained models."""
    distances: dict[str, list[float]] = {}
    for run in group.values():
        for (kind, model), values in run.own().items():
            if kind == "quality":
                distances.setdefault(model, []).append(values[distance_key(values["extractor"])])
    known = [(a, b) for a, b in pairs if min(len(distances.get(name, ())) for name in (a, b)) > 1]
    return judge([(a, distances[a], b, distances[b]) for a, b in known], significance)


def _files(shown: Mapping[str, Any], revision: str) -> dict[str, Any]:
    return {name: item["data"] for name, item in shown.get(revision, {}).get("data", {}).items() if "data" in item}


def _kind_and_model(file: str) -> tuple[str, str]:
    kind, name = file.rsplit("/", 2)[-2:]
    return kind, name.removesuffix(".json")


def _shown(kind: str, values: Mapping[str, Any]) -> list[str]:
    if kind == "cost":
        return [name for name in COSTS if name in values]
    if kind != "quality":
        return []
    distance = distance_key(values["extractor"])
    further = [metric_key(name, values["extractor"]) for name in FURTHER]
    return [name for name in (distance, f"{distance}_vs_teacher", *further) if name in values]
