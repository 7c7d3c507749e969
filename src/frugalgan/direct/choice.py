"""What fits into so many minutes and so much memory: size, networks, budget, and why."""

from dataclasses import dataclass, replace

import torch

from frugalgan.direct.values import ADAPTED, ALONE, DISTILLED, MODEL, Choice, study_of
from frugalgan.training.job import job
from frugalgan.training.plan import seconds_per_step
from frugalgan.training.plan_table import MIB
from frugalgan.training.prediction import predict
from frugalgan.training.state import Conditions

# px → widths of generator and critic, images per update, and thousands of images below which one sees nothing yet.
SIZES: dict[int, tuple[int, int, int, float]] = {
    32: (256, 32, 16, 8.0),
    64: (256, 32, 8, 8.0),
    128: (1024, 64, 16, 40.0),
}
MIDDLE = 64
METHODS = {ALONE: "WGAN-GP", DISTILLED: "a student by pixels and a critic", ADAPTED: "WGAN-GP, outer layers frozen"}
SHARE_OF_TRAINING = 0.9  # of the time; the rest prepares the pictures and measures the model
OVERHEAD = 40.0  # seconds that these need in any case
DEAREST = 4.0  # times as long as an image of half the size takes, at least


class ChoiceError(ValueError):
    """Nothing fits; the message says what would."""


@dataclass(frozen=True)
class Fit:
    """A choice, and what it was found to need here."""

    choice: Choice
    seconds_per_kimg: float
    peak_bytes: int
    training_seconds: float

    def lines(self, memory: int | None) -> list[str]:
        """What is chosen and why, to be read."""
        c = self.choice
        least = SIZES[c.size][3]
        limit = "no limit asked for" if memory is None else f"{memory / MIB:.0f} allowed"
        networks = f"generator {c.generator_width} wide, critic {c.critic_width}"
        return [
            f"size:     {c.size}×{c.size} px",
            f"networks: DCGAN's, {networks}; {METHODS[c.how]}; batches of {c.batch_size}",
            f"budget:   {c.kimg:g} thousand images in {self.training_seconds / 60:.1f} minutes of training, at "
            f"{1000 / self.seconds_per_kimg:.0f} images/s here; {least:g} are the least for this size",
            f"memory:   {self.peak_bytes / MIB:.0f} MiB at the peak of a step ({limit})",
        ]


def choose(asked: Choice, *, minutes: float, memory: int | None, size: int | None) -> Fit:
    """The largest size of which the minutes are enough for the least budget, within `memory` bytes; or that `size`.

    `asked` has everything else. Steps are timed here and now, on noise. Raises ChoiceError.
    """
    seconds = SHARE_OF_TRAINING * (60 * minutes - OVERHEAD)
    if seconds <= 0:
        raise ChoiceError(f"--minutes {minutes:g}: preparing and measuring take {OVERHEAD:.0f} s: ask for 2 or more")
    if size is not None:
        return _fitting(_measured(asked, size), seconds, memory)
    found = _measured(asked, MIDDLE)
    while found.choice.size > min(SIZES) and not _fits(found, seconds, memory):
        found = _measured(asked, found.choice.size // 2)
    best = _fitting(found, seconds, memory)
    while (larger := 2 * best.choice.size) in SIZES:
        if _kimg(best, seconds) < DEAREST * SIZES[larger][3]:
            break
        found = _measured(asked, larger)
        if not _fits(found, seconds, memory):
            break
        best = _fitting(found, seconds, memory)
    return best


def _measured(asked: Choice, size: int) -> Fit:
    generator_width, critic_width, batch, _ = SIZES[size]
    choice = replace(asked, size=size, generator_width=generator_width, critic_width=critic_width, batch_size=batch)
    planned = job(study_of(choice), MODEL)
    conditions = Conditions.of(planned)
    peak = predict(planned.recipe, batch, conditions).peak_bytes
    step = seconds_per_step(planned.recipe, batch, conditions, steps=5)
    return Fit(choice, 1000 * step / batch / planned.recipe.method.batches_per_step, peak, 0.0)


def _kimg(fit: Fit, seconds: float) -> float:
    return seconds / fit.seconds_per_kimg


def _fits(fit: Fit, seconds: float, memory: int | None) -> bool:
    return _kimg(fit, seconds) >= SIZES[fit.choice.size][3] and (memory is None or fit.peak_bytes <= memory)


def _fitting(fit: Fit, seconds: float, memory: int | None) -> Fit:
    """With its budget. Raises ChoiceError where it does not fit."""
    size, least = fit.choice.size, SIZES[fit.choice.size][3]
    if memory is not None and fit.peak_bytes > memory:
        raise ChoiceError(
            f"--memory: {memory / MIB:.0f} MiB are not enough for {size}×{size} px: a step takes "
            f"{fit.peak_bytes / MIB:.0f} MiB at its peak"
            + ("" if size == min(SIZES) else "; or ask for a smaller --size")
        )
    if _kimg(fit, seconds) < least:
        needed = (least * fit.seconds_per_kimg / SHARE_OF_TRAINING + OVERHEAD) / 60
        raise ChoiceError(
            f"--minutes: {size}×{size} px see {_kimg(fit, seconds):.2g} thousand images in that time on "
            f"{_machine()}, and below {least:g} one sees nothing: --minutes {needed:.0f} would do"
        )
    kimg = round(_kimg(fit, seconds), 1)
    return replace(fit, choice=replace(fit.choice, kimg=kimg), training_seconds=kimg * fit.seconds_per_kimg)


def _machine() -> str:
    threads = torch.get_num_threads()
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"{threads} thread{'s' * (threads > 1)}"
