"""Everything that stages measured, as one table with a row per model."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from frugalgan.config import places
from frugalgan.config.study import STUDENT_KEY, STUDENT_METHOD, Study
from frugalgan.evaluation.metrics.names import CLASSIFIER, SWD, metric_key
from frugalgan.evaluation.seen import seen_in_training
from frugalgan.files import FileError, read_json

KIB, MIB = 2**10, 2**20
Evaluations = dict[str, dict[str, Any]]  # model → its file in metrics/evaluations
# Further metrics in the comparison. The extractor's Inception Score is not among them: it ranks no models of one class.
FURTHER = (
    *("kid", "mmd_rbf", "precision", "recall", "density", "coverage", "closer_than_heldout_share"),
    *("variety", "spacing"),
)
OF_SECOND = ("precision", "recall", "density", "coverage", "variety", "spacing")  # by the second network
RATIOS = ("peak_training_mib", "generator_mib", "seconds_per_kimg")


class ResultsError(ValueError):
    """Metrics do not belong together; the message says why."""


def read_evaluations(study: Study) -> Evaluations:
    """Of every model of the study, whatever else lies on disk. Raises FileError, or ResultsError where models of one
    data set were measured by different extractors."""
    found = {
        name: read_json(places.evaluation(name), hint=f"`dvc repro evaluate@{name}` makes it") for name in study.rows
    }
    for data in study.datasets:
        keys = {(one["distance"], one["extractor_sha256"]) for one in found.values() if one["data"] == data}
        if len(keys) > 1:
            raise ResultsError(
                f"models of {data} were measured by different extractors, {sorted(keys)}; run `dvc repro`"
            )
    return found


def results(study: Study, evaluations: Evaluations) -> pd.DataFrame:
    """One row per model, indexed by name: what it is, its quality, its cost, and these relative to the first trained
    model of the same data.

    Numbers are means over seeds, seconds their median, which one disturbed run does not move. `distance_sd` is over
    seeds, or over draws where there is one seed: `spread` says which. `metric` says what distance it is: numbers of
    different metrics can't be compared.
    """
    rows = {name: _row(study, name, evaluations[name]) for name in study.rows}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
    first = {
        data: next((name for name in study.rows if rows[name]["data_set"] == data and rows[name]["seconds"]), None)
        for data in study.datasets
    }
    for name, row in rows.items():
        ordinary = rows[first[row["data_set"]] or name]
        for column in RATIOS:
            ratio = row[column] / ordinary[column] if ordinary[column] else float("nan")
            table.loc[name, f"{column.removesuffix('_mib').removesuffix('_per_kimg')}_ratio"] = ratio
        change = 100 * (ordinary["distance"] - row["distance"]) / ordinary["distance"]
        table.loc[name, "quality_change_percent"] = change
    return table


def data_title(study: Study, data: str) -> str:
    """The data set's name, with where its pictures came from if they are no photographs of somebody's own."""
    source = study.datasets[data].source
    return f"drawn {data}" if source == "drawn" else f"{data} ({source})" if source in ("sklearn", "mnist") else data


def distances(evaluation: dict[str, Any]) -> list[float]:
    """The final distance of each seed."""
    return numbers(evaluation, evaluation["distance"])


def numbers(evaluation: dict[str, Any], metric: str) -> list[float]:
    """A metric of the final images of each seed."""
    return [quality[metric] for quality in evaluation["quality"]]


def second_metric(evaluation: dict[str, Any]) -> str:
    """What stands beside the distance: that by the second network, or without one that of pixels."""
    return evaluation.get("second_distance", SWD)


def collapsed(evaluation: dict[str, Any]) -> int:
    """How many seeds draw hardly more than one picture, or a few again and again, in the eyes of any network."""
    return int(collapsed_seeds(evaluation).sum())


def collapsed_seeds(evaluation: dict[str, Any]) -> np.ndarray:
    """Of each seed, whether it does."""
    networks = [evaluation[key] for key in ("extractor", "second_extractor") if key in evaluation]
    keys = [metric_key("collapsed", network) for network in networks]
    return np.array([any(quality[key] for key in keys) for quality in evaluation["quality"]])


def over_training(evaluations: Evaluations) -> pd.DataFrame:
    """A row per trained model and moment: kimg, seconds of training until then, and the distance, over seeds."""
    parts = []
    for name, one in evaluations.items():
        course = one["course"]
        if course["kimg"][-1]:
            columns = {
                "model": name,
                "data": one["data"],
                "kimg": course["kimg"],
                "seconds": np.median(course["seconds"], axis=0),
                "distance": np.mean(course["distance"], axis=0),
                "metric": one["distance"],
                **{key: np.mean(course[key], axis=0) for key in (SWD, "second_distance") if key in course},
            }
            parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True).set_index("model") if parts else pd.DataFrame()


def losses(study: Study) -> pd.DataFrame:
    """Every term of each model's loss over its first seed's training, a column per term. Raises FileError."""
    parts = []
    for name in study.rows:
        file = places.record(name) / str(study.seed) / "history.csv"
        try:
            parts.append(pd.read_csv(file).assign(model=name))
        except (OSError, ValueError) as error:
            raise FileError(f"{file}: not a table of losses ({error}); run `dvc repro train@{name}`") from None
    trained = [part for part in parts if len(part)]
    return pd.concat(trained, ignore_index=True).set_index("model") if trained else pd.DataFrame()


def fewer_than_asked(study: Study, evaluations: Evaluations) -> list[str]:
    """Of each data set with too few pictures for the draws that params.yaml asks for, a sentence that says so."""
    used = {one["data"]: (one["quality"][0]["n_per_draw"], one["n_reference"]) for one in evaluations.values()}
    sentences = []
    for data, (n, n_real) in used.items():
        asked = study.dataset(data).samples
        if n < asked:
            sentences.append(
                f"Of {data} there are {n_real} real images to compare with, so a draw is of {n} images instead of "
                f"{asked}: standard deviations over draws are some √({asked}/{n}) = {(asked / n) ** 0.5:.1f} times as "
                "large, and distances are biased upwards, as the floor's is."
            )
    return sentences


def trained_by_features(study: Study, evaluations: Evaluations) -> list[str]:
    """Of each model that a frozen network's features trained, a sentence that says so."""
    sentences = []
    for name, one in evaluations.items():
        if seen := seen_in_training(study, name):
            judges = " and ".join(one[key] for key in ("extractor", "second_extractor") if key in one)
            sentences.append(
                f"{name} was trained by the features of {seen}, which would flatter it: it is judged by {judges}, "
                "which its training did not see."
            )
    return sentences


def went_on_elsewhere(evaluations: Evaluations) -> list[str]:
    """Of each training that an interruption moved to another machine or library, a sentence that says so."""
    return [
        f"{name}, seed {seed}: trained on from {where['from_kimg']:g} kimg in other conditions "
        f"({', '.join(line.strip() for line in where['differs'].splitlines())}); it cannot be repeated to the byte."
        for name, one in evaluations.items()
        for seed, record in zip(one["seeds"], one["records"], strict=True)
        for where in record.get("went_on_elsewhere", ())
    ]


def _row(study: Study, name: str, one: dict[str, Any]) -> dict[str, Any]:
    key, extractor, floor = one["distance"], one["extractor"], one["floor"]
    quality, records, found = one["quality"], one["records"], distances(one)

    def mean(metric: str) -> float | None:
        values = [result[metric] for result in quality if metric in result]
        return float(np.mean(values)) if values else None

    kimg = records[0]["kimg"]
    seconds = float(np.median([record["seconds"] for record in records]))
    return {
        "data": data_title(study, one["data"]),
        "data_set": one["data"],
        "method": one["method"],
        "networks": one["networks"],
        "from": one["from"],
        "start": one["start"],
        "alpha": study.students.get(name, _alpha(study) if one["method"] == STUDENT_METHOD else float("nan")),
        "seeds": len(found),
        "metric": key,
        "distance": float(np.mean(found)),
        "distance_sd": _spread(found, quality[0], key),
        "spread": "seeds" if len(found) > 1 else "draws",
        SWD: mean(SWD),
        f"{SWD}_sd": _spread(numbers(one, SWD), quality[0], SWD),
        f"floor_{SWD}": floor.get(f"floor_{SWD}"),
        **_by_second(one, mean),
        "collapsed": _share(collapsed(one), len(found)),
        "distance_infinity": mean(f"{key}_infinity"),
        "distance_vs_source": mean(f"{key}_vs_source"),
        "floor": floor.get(f"floor_{key}"),
        "distance_at_floor_n": mean(f"{key}_at_floor_n") or float(np.mean(found)),
        "n_floor": floor.get("n_floor"),
        **{metric: mean(metric_key(metric, extractor)) for metric in FURTHER},
        "content": mean(metric_key("content", extractor)),
        "agreement": float(np.mean(one["agreement"])) if "agreement" in one else None,
        "inception_score": mean(metric_key("inception_score", CLASSIFIER)),
        "inception_score_of_real": one.get("inception_score_of_these"),
        "classifier_accuracy": one.get("classifier_accuracy"),
        "kimg": kimg,
        "batch_size": records[0]["batch_size"],
        "seconds": seconds,
        "seconds_per_kimg": seconds / kimg if kimg else 0.0,
        "peak_training_mib": max(record["peak_training_bytes"] for record in records) / MIB,
        "generator_mib": records[0]["generator_bytes"] / MIB,
        "own_kib": records[0].get("own_bytes", records[0]["generator_bytes"]) / KIB,
        "trained_parameters": records[0]["trained_parameters"],
        "generator_parameters": records[0]["generator_parameters"],
        **({"kilojoules": np.mean([one["joules"] for one in records]) / 1000} if "joules" in records[0] else {}),
    }


def _by_second(one: dict[str, Any], mean: Callable[[str], float | None]) -> dict[str, Any]:
    """What the second network says, where there is one."""
    if "second_distance" not in one:
        return {}
    key, extractor = one["second_distance"], one["second_extractor"]
    return {
        "second_metric": key,
        "second_distance": mean(key),
        "second_distance_sd": _spread(numbers(one, key), one["quality"][0], key),
        "second_floor": one["floor"].get(f"floor_{key}"),
        **{f"second_{metric}": mean(metric_key(metric, extractor)) for metric in OF_SECOND},
    }


def _spread(found: list[float], first: dict[str, Any], key: str) -> float:
    """Over seeds where there are several, else over the draws of the one."""
    return float(np.std(found, ddof=1)) if len(found) > 1 else first[f"{key}_sd"]


def _share(count: int, of: int) -> str:
    return "no" if not count else "yes" if count == of else f"{count} of {of}"


def _alpha(study: Study) -> float:
    return float(study.raw[STUDENT_METHOD][STUDENT_KEY])
