"""Everything that stages measured, as one table with a row per model."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from frugalgan.config import places
from frugalgan.config.study import STUDENT_KEY, STUDENT_METHOD, Study
from frugalgan.evaluation.metrics.names import CLASSIFIER, SWD, metric_key
from frugalgan.evaluation.over_seeds import costs, mean, spread
from frugalgan.evaluation.seen import seen_in_training
from frugalgan.files import FileError, read_json

KIB = 2**10
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
    """The evaluations of all models of the study, whatever else lies on disk. Raises FileError, or ResultsError where
    models of one data set were measured by different extractors."""
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

    Quality is a mean over seeds; seconds are their median, which one disturbed run does not move, and training memory
    is the largest of all seeds. Sizes and numbers of parameters, which seeds share, are the first one's. `distance_sd`
    is over seeds, or over draws where there is one seed: `spread` says which. `metric` says what distance it is:
    numbers of different metrics can't be compared.
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


def numbers(evaluation: dict[str, Any], metric: str) -> list[float]:
    """A metric of the final images of each seed."""
    return [quality[metric] for quality in evaluation["quality"]]


def second_metric(evaluation: dict[str, Any]) -> str:
    """What stands beside the distance: that by the second network, or without one that of pixels."""
    return evaluation.get("second_distance", SWD)


def collapsed(evaluation: dict[str, Any]) -> int:
    """Number of seeds that collapsed, by any extractor."""
    return int(collapsed_seeds(evaluation).sum())


def collapsed_seeds(evaluation: dict[str, Any]) -> np.ndarray:
    """Whether each seed collapsed, by any extractor: (seeds,) bool."""
    networks = [evaluation[key] for key in ("extractor", "second_extractor") if key in evaluation]
    keys = [metric_key("collapsed", network) for network in networks]
    return np.array([any(quality[key] for key in keys) for quality in evaluation["quality"]])


def course(one: dict[str, Any]) -> dict[str, Any]:
    """A model's moments of training: kimg, the median of the seeds' seconds until then, and their mean distance; also
    the mean SWD and distance by the second network, where they were measured."""
    known = one["course"]
    return {
        "kimg": known["kimg"],
        "seconds": np.median(known["seconds"], axis=0).tolist(),
        **{key: np.mean(known[key], axis=0).tolist() for key in ("distance", SWD, "second_distance") if key in known},
    }


def moments_floor(one: dict[str, Any]) -> float:
    """The distance that real images score at the n of the moments of training; nan where it is not known."""
    floor = one.get("floor_per_moment")
    return float("nan") if floor is None else floor


def over_training(evaluations: Evaluations) -> pd.DataFrame:
    """A row per trained model and moment: its `course`, of `n` images each; and the `floor`, the distance that n real
    images have, empty where there are too few of them."""
    parts = []
    for name, one in evaluations.items():
        if one["course"]["kimg"][-1]:
            known = {"model": name, "data": one["data"], "metric": one["distance"], "n": one["n_per_moment"]}
            parts.append(pd.DataFrame(known | {"floor": moments_floor(one)} | course(one)))
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
    quality, records, seeds = one["quality"], one["records"], len(one["seeds"])
    average, kimg, paid = partial(mean, quality), records[0]["kimg"], costs(records)
    return {
        "data": data_title(study, one["data"]),
        "data_set": one["data"],
        "method": one["method"],
        "networks": one["networks"],
        "from": one["from"],
        "start": one["start"],
        "alpha": study.students.get(name, _alpha(study) if one["method"] == STUDENT_METHOD else float("nan")),
        "seeds": seeds,
        "metric": key,
        "distance": average(key),
        "distance_sd": spread(quality, key),
        "spread": "seeds" if seeds > 1 else "draws",
        SWD: average(SWD),
        f"{SWD}_sd": spread(quality, SWD),
        f"floor_{SWD}": floor.get(f"floor_{SWD}"),
        **_by_second(one),
        "collapsed": _share(collapsed(one), seeds),
        "distance_infinity": average(f"{key}_infinity"),
        "distance_vs_source": average(f"{key}_vs_source"),
        "floor": floor.get(f"floor_{key}"),
        "distance_at_floor_n": average(f"{key}_at_floor_n") or average(key),
        "n_floor": floor.get("n_floor"),
        **{metric: average(metric_key(metric, extractor)) for metric in FURTHER},
        "content": average(metric_key("content", extractor)),
        "agreement": float(np.mean(one["agreement"])) if "agreement" in one else None,
        "inception_score": average(metric_key("inception_score", CLASSIFIER)),
        "inception_score_of_real": one.get("inception_score_of_these"),
        "inception_score_of_real_n": one.get("inception_score_of_these_n"),
        "classifier_accuracy": one.get("classifier_accuracy"),
        "kimg": kimg,
        "batch_size": records[0]["batch_size"],
        "seconds": paid["seconds"],
        "seconds_per_kimg": paid["seconds"] / kimg if kimg else 0.0,
        "peak_training_mib": paid["peak_training_mib"],
        "generator_mib": paid["generator_mib"],
        "own_kib": records[0].get("own_bytes", records[0]["generator_bytes"]) / KIB,
        "trained_parameters": paid["trained_parameters"],
        "generator_parameters": records[0]["generator_parameters"],
        **_energy(records),
    }


def _energy(records: list[dict[str, Any]]) -> dict[str, float]:
    """The mean over seeds, where that of each was measured."""
    joules = [record["joules"] for record in records if "joules" in record]
    return {"kilojoules": float(np.mean(joules)) / 1000} if len(joules) == len(records) else {}


def _by_second(one: dict[str, Any]) -> dict[str, Any]:
    """What the second network says, where there is one."""
    if "second_distance" not in one:
        return {}
    key, extractor, quality = one["second_distance"], one["second_extractor"], one["quality"]
    return {
        "second_metric": key,
        "second_distance": mean(quality, key),
        "second_distance_sd": spread(quality, key),
        "second_floor": one["floor"].get(f"floor_{key}"),
        **{f"second_{metric}": mean(quality, metric_key(metric, extractor)) for metric in OF_SECOND},
    }


def _share(count: int, of: int) -> str:
    return "no" if not count else "yes" if count == of else f"{count} of {of}"


def _alpha(study: Study) -> float:
    return float(study.raw[STUDENT_METHOD][STUDENT_KEY])
