"""Quality and seconds over training of a GAN that started as a decoder, and of its control; where the two compare."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from frugalgan.config.sections import Row, Start
from frugalgan.config.study import Study
from frugalgan.report.results import Evaluations, ResultsError, collapsed_seeds

GENERATOR, ENCODER = "generator", "encoder"
CURVES = "seconds", "distance", "kid", "swd"


@dataclass(frozen=True)
class Values:
    """What a model scores at one point of its training, one number per seed."""

    distance: np.ndarray
    kid: np.ndarray
    swd: np.ndarray


@dataclass(frozen=True)
class Course:
    """A model's training, from one or more seeds: moments in thousands of images seen, all else (seeds, moments)."""

    seeds: list[int]
    kimg: np.ndarray
    seconds: np.ndarray
    distance: np.ndarray
    kid: np.ndarray
    swd: np.ndarray
    agreement: np.ndarray | None  # share of images labelled as asked; None where the model is not conditional
    peak_training_bytes: int  # the largest of all seeds
    collapsed: np.ndarray  # whether at the end, one per seed

    def of_seeds(self, n: int) -> "Course":
        """Of the first `n` seeds alone."""
        curves = {key: getattr(self, key)[:n] for key in ("seeds", *CURVES)}
        agreement = None if self.agreement is None else self.agreement[:n]
        return replace(self, **curves, agreement=agreement, collapsed=self.collapsed[:n])

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
        return Values(*(np.array([np.interp(place, axis, y) for y in x]) for x in (self.distance, self.kid, self.swd)))


@dataclass(frozen=True)
class HeadStart:
    """A GAN that started as a decoder, and its control: the same GAN, data order and z from random weights."""

    name: str
    autoencoder: str
    control_name: str
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


def head_starts(study: Study, evaluations: Evaluations) -> list[HeadStart]:
    """All models whose generator started with an autoencoder's decoder and that have a control: a trained row of the
    same data, method, networks, recipe, batch size and pictures that starts from random weights. Of several, one of the
    same budget comes first; another budget may have other `kimg`. Raises ResultsError."""
    found = []
    for name, row in study.rows.items():
        starts_as_decoder = study.starts[row.start].weights == (GENERATOR,) and row.source in evaluations
        if not starts_as_decoder or ENCODER not in evaluations[row.source]["parts"]:
            continue
        if control := _control(study, name, evaluations):
            found.append(_head_start(name, row.source, control, evaluations))
    return found


def _control(study: Study, name: str, evaluations: Evaluations) -> str | None:
    """The same model from random weights: of the same budget if there is one, else of one that only lasts longer or
    shorter."""
    row = study.rows[name]
    alike = [
        other
        for other, candidate in study.rows.items()
        if _but_start(study, candidate) == _but_start(study, row)
        and study.starts[candidate.start] == Start()  # random weights, all of which train from the first step on
        and evaluations[other]["course"]["kimg"][-1]
    ]
    same_budget = [other for other in alike if study.rows[other].budget == row.budget]
    return next(iter([*same_budget, *alike]), None)


def _but_start(study: Study, row: Row) -> tuple[str | int, ...]:
    """What a model and its control have in common."""
    budget = study.budgets[row.budget]
    return row.data, row.method, row.networks, row.recipe, budget.batch_size, budget.pictures


def _head_start(name: str, autoencoder: str, control: str, evaluations: Evaluations) -> HeadStart:
    encoder = evaluations[autoencoder]
    gan, other = (_course(model, evaluations[model]) for model in (name, control))
    both = min(len(gan.seeds), len(other.seeds))  # rows count their seeds from the same one
    gan, other = gan.of_seeds(both), other.of_seeds(both)
    seconds = float(np.median([run[-1] for run in encoder["course"]["seconds"]]))
    peak = max(record["peak_training_bytes"] for record in encoder["records"])
    one = evaluations[name]
    return HeadStart(name, autoencoder, control, one["data"], one["distance"], seconds, peak, gan, other)


def _course(name: str, one: dict[str, Any]) -> Course:
    course, seeds = one["course"], one["seeds"]
    curves = {key: course[key] for key in CURVES}
    if any([len(run) for run in runs] != [len(course["kimg"])] * len(seeds) for runs in curves.values()):
        raise ResultsError(f"{name}: moments of its seeds, their kimg, times and metrics differ; run `dvc repro`")
    agreement = one.get("agreement_over_training")
    return Course(
        seeds=seeds,
        kimg=np.array(course["kimg"]),
        **{key: np.array(runs) for key, runs in curves.items()},
        agreement=None if agreement is None else np.array(agreement),
        peak_training_bytes=max(record["peak_training_bytes"] for record in one["records"]),
        collapsed=collapsed_seeds(one),
    )
