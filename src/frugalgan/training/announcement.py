"""The line with which a training begins: by what, on what, how long, and how much memory it will take."""

from dataclasses import dataclass

from frugalgan.device import device_name, why_device, why_precision
from frugalgan.training.plan import seconds_per_step
from frugalgan.training.plan_table import MIB, duration
from frugalgan.training.prediction import predict
from frugalgan.training.recipe import Job
from frugalgan.training.state import Conditions


@dataclass(frozen=True)
class Expectation:
    """What a training is expected to take; None where no step was tried."""

    peak_bytes: int
    seconds_per_step: float | None


def expect(job: Job, conditions: Conditions) -> Expectation:
    """From the plan: memory as predicted, time from one real step, after as many to warm up as lazy penalties have in a
    round. Allocates what a training does, and frees it. Compiled steps are not tried, for compiling takes a minute."""
    tried = not conditions.compile
    seconds = seconds_per_step(job.recipe, job.batch_size, conditions, steps=1) if tried else None
    return Expectation(predict(job.recipe, job.batch_size, conditions).peak_bytes, seconds)


def announcement(
    job: Job, conditions: Conditions, expected: Expectation, *, images: int, done: int, begins: str
) -> str:
    """One line; `done` steps are done, and `begins` says where it goes on from."""
    device, precision = conditions.device, conditions.precision
    reason = why_device(job.training.device, device)
    name = str(precision).removeprefix("torch.")
    told = [
        device_name(device) + (f" ({reason})" if reason else ""),
        f"{name} ({why_precision(job.training.precision, precision, device)})",
        f"{conditions.processes} process{'es' * (conditions.processes > 1)}",
        f"batch {job.batch_size} of {images} images",
        f"{job.kimg:g} kimg",
        f"expected: {expected.peak_bytes / MIB:.1f} MiB" + (" each" if conditions.processes > 1 else ""),
    ]
    if expected.seconds_per_step is not None:
        told[-1] += f", {duration(expected.seconds_per_step * (job.steps - done))}"
    return f"{'; '.join(told)}; {begins}"
