"""What fits into so many minutes and so much memory: size, networks, budget, and why."""

import math
from dataclasses import dataclass, replace

import torch

from frugalgan.direct.asked import Asked
from frugalgan.direct.recipes import BEST, BEST_FROM, DEFAULT, RECIPES, Widths
from frugalgan.direct.values import MODEL, Choice, ChoiceError, study_of
from frugalgan.direct.ways import WAYS
from frugalgan.training.job import job
from frugalgan.training.plan import seconds_per_step
from frugalgan.training.plan_table import MIB
from frugalgan.training.prediction import predict
from frugalgan.training.state import Conditions

MIDDLE = 64  # px that are tried first, where the recipe has them
SHARE_OF_TRAINING = 0.9  # of the time; the rest prepares the pictures and measures the model
SHARE_OF_ADAPTED = 0.25  # of the least images: what is adapted can draw already
OVERHEAD = 40.0  # seconds that these need in any case
DEAREST = 4.0  # times as long as an image of half the size takes, at least


@dataclass(frozen=True)
class Fit:
    """A choice, and what it was found to need here."""

    choice: Choice
    least: float  # thousands of images that it needs
    seconds_per_kimg: float
    peak_bytes: int
    trained: int  # numbers, of generator and critic
    training_seconds: float = 0.0

    def cost(self) -> str:
        """In a line."""
        speed, peak = 1000 / self.seconds_per_kimg, self.peak_bytes / MIB
        return f"{self.trained:,} numbers to train, the critic's, too; {peak:.0f} MiB at the peak; {speed:.0f} images/s"

    def lines(self, memory: int | None) -> list[str]:
        """What is chosen and why, to be read."""
        c = self.choice
        limit = "no limit asked for" if memory is None else f"{memory / MIB:.0f} allowed"
        seen = ", what its critic sees," if c.features else ""
        method = c.way.chosen.format(title=RECIPES[c.recipe].title, seen=seen)
        return [
            f"size:     {c.size}×{c.size} px",
            f"networks: {c.own_widths.about()}; {method}; batches of {c.batch_size}",
            f"budget:   {c.kimg:g} thousand images in {self.training_seconds / 60:.1f} minutes of training, at "
            f"{1000 / self.seconds_per_kimg:.0f} images/s here; {self.least:g} are the least for these networks",
            f"memory:   {self.peak_bytes / MIB:.0f} MiB at the peak of a step ({limit})",
        ]


def choose(asked: Asked, *, minutes: float, memory: int | None) -> Fit:
    """The largest size of which the minutes are enough for the least budget, within `memory` bytes; or the size that
    is asked for.

    Steps are timed here and now, on noise. Raises ChoiceError.
    """
    size = asked.size
    sizes = list(RECIPES[asked.recipe].sizes if asked.recipe else BEST)
    if size is not None and size not in sizes:
        by = f", by --recipe {asked.recipe}" if asked.recipe else ""
        raise ChoiceError(f"--size {size}: must be one of {', '.join(map(str, sizes))}{by}")
    seconds = SHARE_OF_TRAINING * (60 * minutes - OVERHEAD)
    if seconds <= 0:
        raise ChoiceError(f"--minutes {minutes:g}: preparing and measuring take {OVERHEAD:.0f} s: ask for 2 or more")
    if size is not None:
        return _fitting(_widest(asked, size, seconds, memory), seconds, memory)
    found = _widest(asked, min(MIDDLE, max(sizes)), seconds, memory)
    while found.choice.size > min(sizes) and not _fits(found, seconds, memory):
        found = _widest(asked, found.choice.size // 2, seconds, memory)
    best = _fitting(found, seconds, memory)
    while (larger := 2 * best.choice.size) in sizes:
        if _kimg(best, seconds) < DEAREST * RECIPES[asked.recipe or BEST[larger]].sizes[larger][0].least:
            break
        found = _widest(asked, larger, seconds, memory)
        if not _fits(found, seconds, memory):
            break
        best = _fitting(found, seconds, memory)
    return best


def ways_to_adapt(asked: Asked) -> dict[str, Fit]:
    """What each way to adapt that model costs: option → what it was found to need here. None where it is not to be
    adapted."""
    model = asked.model
    if model is None or not asked.way.option:
        return {}
    able = {how: way for how, way in WAYS.items() if not way.is_beside_source or RECIPES[model.recipe].has_vector}
    return {way.option: _from_model(replace(asked, how=how), model) for how, way in able.items() if way.option}


def _widest(asked: Asked, size: int, seconds: float, memory: int | None) -> Fit:
    """The best recipe and the widest networks of that size that fit; where none does, the best recipe below the images
    from which on it is the best; and the last, which need least, where that does not fit, either."""
    if asked.model is not None:
        return _from_model(asked, asked.model)
    names = [asked.recipe] if asked.recipe else dict.fromkeys((BEST[size], DEFAULT))
    least = {BEST[size]: BEST_FROM.get(size, 0.0)} if not asked.recipe else {}
    spare = found = None
    tried = ((recipe, widths) for recipe in names for widths in reversed(RECIPES[recipe].sizes[size]))
    for name, one in tried:
        found = _measured(asked, name, size, one)
        best = replace(found, least=max(one.least, least.get(name, 0.0)))
        if _fits(best, seconds, memory):
            return best
        if spare is None and _fits(found, seconds, memory):
            spare = found  # better than nothing
    assert found is not None
    return spare or found


def _from_model(asked: Asked, model: Choice) -> Fit:
    """What is adapted has its model's widths. A student's generator is a share of its teacher's width, and its critic
    and its batches are the narrowest: of ten minutes these make three times as many images."""
    narrowest = RECIPES[model.recipe].sizes[model.size][0]
    if asked.way.is_student:
        widths = replace(narrowest, generator=model.generator_width)
    else:
        least = narrowest.least * SHARE_OF_ADAPTED
        widths = Widths(model.generator_width, model.critic_width, model.batch_size, least)
    return _measured(asked, model.recipe, model.size, widths)


def _measured(asked: Asked, recipe: str, size: int, widths: Widths) -> Fit:
    """With the least budget."""
    batch = widths.batch
    choice = Choice(
        asked.pictures,
        size,
        widths.generator,
        widths.critic,
        widths.least,
        batch,
        seed=asked.seed,
        labels=asked.labels,
        how=asked.how,
        smaller=asked.smaller,
        recipe=recipe,
        features=asked.features,
        source="" if asked.source is None else str(asked.source),
    )
    planned = job(study_of(choice), MODEL)
    conditions = Conditions.of(planned)
    need = predict(planned.recipe, batch, conditions)
    step = seconds_per_step(planned.recipe, batch, conditions, steps=5)
    seconds = 1000 * step / batch / planned.recipe.method.batches_per_step
    return Fit(choice, widths.least, seconds, need.peak_bytes, need.trained_parameters)


def _kimg(fit: Fit, seconds: float) -> float:
    return seconds / fit.seconds_per_kimg


def _fits(fit: Fit, seconds: float, memory: int | None) -> bool:
    return _kimg(fit, seconds) >= fit.least and (memory is None or fit.peak_bytes <= memory)


def _fitting(fit: Fit, seconds: float, memory: int | None) -> Fit:
    """With its budget. Raises ChoiceError where it does not fit."""
    size, least = fit.choice.size, fit.least
    if memory is not None and fit.peak_bytes > memory:
        raise ChoiceError(
            f"--memory: {memory / MIB:.0f} MiB are not enough for {size}×{size} px: a step takes "
            f"{fit.peak_bytes / MIB:.0f} MiB at its peak"
            + ("" if size == min(BEST) else "; or ask for a smaller --size")
        )
    if _kimg(fit, seconds) < least:
        needed = (least * fit.seconds_per_kimg / SHARE_OF_TRAINING + OVERHEAD) / 60
        raise ChoiceError(
            f"--minutes: {size}×{size} px see {_kimg(fit, seconds):.2g} thousand images in that time on "
            f"{_machine()}, and below {least:g} one sees nothing: --minutes {math.ceil(needed)} would do"
        )
    kimg = round(_kimg(fit, seconds), 1)
    return replace(fit, choice=replace(fit.choice, kimg=kimg), training_seconds=kimg * fit.seconds_per_kimg)


def _machine() -> str:
    threads = torch.get_num_threads()
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"{threads} thread{'s' * (threads > 1)}"
