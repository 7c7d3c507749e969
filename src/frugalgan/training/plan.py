"""What training each model will need, before any is trained: memory, time, the largest batch that fits."""

import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import torch

from frugalgan.config.study import Study
from frugalgan.data.batches import Batch
from frugalgan.device import synchronize
from frugalgan.training.job import jobs
from frugalgan.training.prediction import Need, fresh_state, noise, predict, predict_side_by_side
from frugalgan.training.recipe import Recipe
from frugalgan.training.state import Conditions

UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "KB": 10**3, "MB": 10**6, "GB": 10**9}
TIMED_STEPS = 3


class PlanError(ValueError):
    """What was asked for cannot be planned; the message says what is possible."""


def plan(
    study: Study, *, batches: Sequence[int] = (), memory: int | None = None, timed: bool = True
) -> Iterator[dict[str, Any]]:
    """One row per trained model and batch size, as each is known: what `prediction.Need` holds, seconds, kimg, batch.

    `batches` in place of each model's own; `memory` (bytes) adds the largest batch that fits. Without `timed` no step
    is run and `seconds_per_kimg` and `seconds` are None. Where not even one image (per part) fits, it is 0. Numbers are
    of one seed; `seeds` says how many there are, one after the other.
    """
    steps_timed: dict[tuple[Recipe, int], float] = {}
    trained = {name: job for name, job in jobs(study).items() if job.kimg}
    conditions_of = {name: Conditions.of(job) for name, job in trained.items()}
    sizes = [(name, batch) for name, job in trained.items() for batch in batches or (job.batch_size,)]
    for name, batch in sizes:
        conditions_of[name].check_batch(batch)
    predict_side_by_side((trained[name].recipe, batch, conditions_of[name]) for name, batch in sizes)
    for name, job in trained.items():
        conditions, recipe = conditions_of[name], job.recipe

        def needs_by_part(size: int, recipe: Recipe = recipe, conditions: Conditions = conditions) -> Need:
            try:
                return predict(recipe, size * conditions.parts, conditions)
            except ValueError:
                if size > 1:
                    raise
                # a loss that compares the images of a batch needs two
                return predict(recipe, 2 * conditions.parts, conditions)

        fitting = None if memory is None else conditions.parts * largest_batch(needs_by_part, memory)
        for batch in batches or (job.batch_size,):
            asked = replace(job, batch_size=batch)
            if timed and (recipe, batch) not in steps_timed:
                steps_timed[recipe, batch] = seconds_per_step(recipe, batch, conditions)
            step = steps_timed.get((recipe, batch))
            kimg = asked.steps * recipe.method.batches_per_step * batch / 1000
            yield {
                "model": name,
                "batch": batch,
                **asdict(predict(recipe, batch, conditions)),
                "largest_batch": fitting,
                "steps": asked.steps,
                "kimg": kimg,
                "seeds": len(job.seeds),
                "seconds_per_kimg": None if step is None else step * asked.steps / kimg,
                "seconds": None if step is None else step * asked.steps,
                "precision": str(conditions.precision).removeprefix("torch."),
                "device": str(conditions.device),
                "torch": torch.__version__,
            }


def seconds_per_step(recipe: Recipe, batch_size: int, conditions: Conditions, steps: int = TIMED_STEPS) -> float:
    """Median seconds of `steps` real steps of `recipe` on this machine, after one to warm up, on noise as images; where
    not all steps are alike, the mean over a period of them.

    With several processes it is the step of one, without their communication.
    """
    state, device = fresh_state(recipe, conditions), conditions.device
    batch = noise(recipe.data, batch_size // conditions.processes, device)
    seconds, period = [], recipe.method.period

    def next_batch() -> Batch:
        nonlocal batch
        batch = replace(batch, key=(*batch.key[:-1], batch.seen + len(batch.real)))
        return batch

    for _ in range(1 + (steps if period == 1 else period)):
        begun = time.perf_counter()
        recipe.method.step(state.networks, state.optimizers, next_batch, conditions.accumulation())
        if state.ema is not None:
            state.ema.update_parameters(state.networks.G)
        synchronize(device)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[1:]) if period == 1 else statistics.mean(seconds[1:])


def largest_batch(needs: Callable[[int], Need], memory: int) -> int:
    """The largest batch whose peak is within `memory` bytes; 0 where not even 1 is. Peaks grow with the batch."""
    least = needs(1).peak_bytes
    if least > memory:
        return 0
    fits, too_large, probe = 1, None, 64
    while too_large is None or too_large - fits > 1:
        peak = needs(probe).peak_bytes
        fits, too_large = (probe, too_large) if peak <= memory else (fits, probe)
        # bytes grow with the batch almost along a line, so the next guess is nearly right
        per_image = max(1.0, (peak - least) / (probe - 1))
        probe = max(fits + 1, 1 + int((memory - least) / per_image))
        if too_large is not None:
            probe = min(probe, too_large - 1)
    return fits


def bytes_of(text: str) -> int:
    """`6GiB` or `500 MB` in bytes. Raises PlanError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]i?B)", text.strip())
    if not match or not float(match[1]):
        raise PlanError(f"--memory {text!r}: must be a positive number and a unit of {', '.join(UNITS)}, such as 6GiB")
    return int(float(match[1]) * UNITS[match[2]])
