"""Quality and seconds over training of a GAN that started as a decoder, and of its control; where the two compare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.decoders import FACES, STARTS, Start
from frugalgan.files import read_json
from frugalgan.metrics.names import distance_key, metric_key
from frugalgan.report.results import ResultsError

MEND = "`dvc repro` makes it"
FACES_DATA = "cats"  # what the models of FACES are trained on


@dataclass(frozen=True)
class Values:
    """What a model scores at one point of its training, one number per seed."""

    distance: np.ndarray
    kid: np.ndarray


@dataclass(frozen=True)
class Course:
    """A model's training, from one or more seeds: moments in thousands of images seen, all else (seeds, moments)."""

    seeds: list[int]
    kimg: np.ndarray
    seconds: np.ndarray
    distance: np.ndarray
    kid: np.ndarray
    agreement: np.ndarray | None  # share of images labelled as asked; None where the model is not told labels
    peak_training_bytes: int  # the largest of all seeds

    @property
    def times(self) -> np.ndarray:
        """Seconds of training at each moment: the median over seeds, which one disturbed run does not move."""
        return np.median(self.seconds, axis=0)

    @property
    def final_distance(self) -> float:
        """At the end of training, the mean over seeds."""
        return float(self.distance[:, -1].mean())

    def at_kimg(self, kimg: float) -> Values:
        """Linearly interpolated between moments."""
        return self._at(self.kimg, kimg)

    def at_seconds(self, seconds: float) -> Values:
        """Linearly interpolated between moments of `times`."""
        return self._at(self.times, seconds)

    def seconds_below(self, distance: float) -> list[float]:
        """Of each seed that gets there, the first of `times` at which it is no farther from the data than `distance`.

        Linearly interpolated between moments; the first moment's where that is below already.
        """
        found = (crossing(self.times, curve, distance) for curve in self.distance)
        return [seconds for seconds in found if seconds is not None]

    def _at(self, axis: np.ndarray, place: float) -> Values:
        return Values(*(np.array([np.interp(place, axis, y) for y in x]) for x in (self.distance, self.kid)))


@dataclass(frozen=True)
class HeadStart:
    """A GAN that started as a decoder, and its control: the same GAN, data order and z from random weights."""

    name: str
    start: Start
    data: str
    metric: str  # the distance's key
    autoencoder_seconds: float  # its whole training, the median over seeds
    autoencoder_bytes: int  # its peak of training memory
    gan: Course
    control: Course

    def equal_images(self) -> tuple[Values, Values]:
        """(GAN, control) when both have seen as many images as the shorter of their trainings showed.

        The autoencoder's images are not counted.
        """
        kimg = min(self.gan.kimg[-1], self.control.kimg[-1])
        return self.gan.at_kimg(kimg), self.control.at_kimg(kimg)

    def equal_seconds(self) -> tuple[Values, Values] | None:
        """(GAN, control) after as many seconds of training, of which the autoencoder's are the GAN's first.

        That is at the control's end, or at the GAN's where that is earlier: neither is extrapolated. None where the
        autoencoder alone takes longer than the control's whole training.
        """
        seconds = min(self.control.times[-1], self.autoencoder_seconds + self.gan.times[-1])
        if self.autoencoder_seconds > seconds:
            return None
        return self.gan.at_seconds(seconds - self.autoencoder_seconds), self.control.at_seconds(seconds)

    def seconds_to_control(self) -> list[float]:
        """Of each seed that gets there, seconds, the autoencoder's included, to the control's final distance.

        See `Course.seconds_below`.
        """
        return [self.autoencoder_seconds + own for own in self.gan.seconds_below(self.control.final_distance)]


def crossing(seconds: np.ndarray, values: np.ndarray, target: float) -> float | None:
    """When `values`, known at `seconds` and linear in between, are first ≤ `target`; None if they never are."""
    below = np.flatnonzero(values <= target)
    if not len(below):
        return None
    if (after := int(below[0])) == 0:
        return float(seconds[0])
    before = after - 1
    share = (values[before] - target) / (values[before] - values[after])
    return float(seconds[before] + share * (seconds[after] - seconds[before]))


def of_digits(metrics: Path) -> list[HeadStart]:
    """All of `STARTS`, from digits.json. Raises FileError, ResultsError."""
    digits = read_json(metrics / "digits.json", mend=MEND)
    metric, models = digits["distance_key"], digits["models"]
    return [_head_start(name, start, "digits", metric, models) for name, start in STARTS.items()]


def of_faces(metrics: Path, names: Iterable[str]) -> list[HeadStart]:
    """Those of `FACES` that are named, one seed each, from cost/ and over_training/. Raises FileError, ResultsError."""
    return [_faces(metrics, name, FACES[name]) for name in names]


def _faces(metrics: Path, name: str, start: Start) -> HeadStart:
    models = {}
    for model in (name, start.control, start.autoencoder):
        cost = read_json(metrics / "cost" / f"{model}.json", mend=MEND)
        models[model] = {
            "seeds": [cost["seed"]],
            "kimg": cost["moments_kimg"],
            "seconds": [cost["moments_seconds"]],
            "peak_training_bytes": [cost["peak_training_bytes"]],
        }
    extractors = set()
    for model in (name, start.control):
        quality = read_json(metrics / "over_training" / f"{model}.json", mend=MEND)
        extractor = quality["extractor"]
        models[model]["distance"] = [quality[distance_key(extractor)]]
        models[model]["kid"] = [quality[metric_key("kid", extractor)]]
        extractors.add((extractor, quality["extractor_sha256"]))
    if len(extractors) != 1:
        raise ResultsError(f"{name}, {start.control}: distances come from different extractors; run `dvc repro`")
    ((extractor, _),) = extractors
    return _head_start(name, start, FACES_DATA, distance_key(extractor), models)


def _head_start(name: str, start: Start, data: str, metric: str, models: Mapping[str, dict[str, Any]]) -> HeadStart:
    encoder = models[start.autoencoder]
    gan, control = (_course(model, models[model]) for model in (name, start.control))
    if gan.seeds != control.seeds:
        raise ResultsError(f"{name}, {start.control}: seeds {gan.seeds} and {control.seeds} differ; run `dvc repro`")
    seconds = float(np.median([run[-1] for run in encoder["seconds"]]))
    return HeadStart(name, start, data, metric, seconds, max(encoder["peak_training_bytes"]), gan, control)


def _course(name: str, values: Mapping[str, Any]) -> Course:
    kimg, seeds = values["kimg"], values["seeds"]
    curves = {key: values[key] for key in ("seconds", "distance", "kid", "agreement") if key in values}
    if any([len(run) for run in runs] != [len(kimg)] * len(seeds) for runs in curves.values()):
        raise ResultsError(f"{name}: moments of its seeds, their kimg, times and metrics differ; run `dvc repro`")
    arrays = {key: np.array(runs) for key, runs in curves.items()}
    return Course(
        seeds=seeds,
        kimg=np.array(kimg),
        seconds=arrays["seconds"],
        distance=arrays["distance"],
        kid=arrays["kid"],
        agreement=arrays.get("agreement"),
        peak_training_bytes=max(values["peak_training_bytes"]),
    )
