"""The plan of every model: what its training will need, as rows."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import torch

from frugalgan.methods.base import Shape
from frugalgan.params import Params
from frugalgan.pipeline import runs
from frugalgan.planning import PlanError, largest_batch, predict, seconds_per_step
from frugalgan.training.hardware import choose_device, choose_precision
from frugalgan.training.run import Run

MIB = 2**20


def plan(
    params: Params, *, batches: Sequence[int] = (), memory: int | None = None, timed: bool = True
) -> Iterator[dict[str, Any]]:
    """One row per model and batch size, as each is known: what `planning.Need` holds, seconds, kimg, batch.

    `batches` in place of each model's own; `memory` (bytes) adds the largest batch that fits. Without `timed` no step
    is run and `seconds_per_epoch` and `seconds` are None. Raises PlanError where not even a batch of 1 fits.
    """
    device = choose_device(params.training.device)
    precision, ema_decay = choose_precision(params.training.precision, device), params.training.ema_decay
    shape = Shape.of(params)
    for name, run in runs(params).items():
        if not run.epochs:
            continue

        def needs(batch: int, run: Run = run):
            return predict(run.method, shape, batch, precision, ema_decay)

        fitting = None if memory is None else largest_batch(needs, memory)
        if fitting == 0:
            raise PlanError(
                f"--memory: not even a batch of 1 fits for {name}, which needs {needs(1).peak_bytes / MIB:.1f} MiB; "
                "give more, or choose a smaller scale"
            )
        for batch in batches or (run.batch_size,):
            steps = Run(run.method, run.epochs, batch).budget.steps
            step = seconds_per_step(run.method, shape, batch, precision, ema_decay, device) if timed else None
            yield {
                "model": name,
                "batch": batch,
                **asdict(needs(batch)),
                "largest_batch": fitting,
                "epochs": run.epochs,
                "steps": steps,
                "kimg": steps * run.method.n_critic * batch / 1000,
                "seconds_per_epoch": None if step is None else step * steps / run.epochs,
                "seconds": None if step is None else step * steps,
                "precision": str(precision).removeprefix("torch."),
                "device": str(device),
                "torch": torch.__version__,
            }


def terminal_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """The same for people: MiB, and time in hours and minutes."""
    shown = []
    for row in rows:
        cells = {"model": row["model"], "batch": str(row["batch"]), "trained": f"{row['trained_parameters']:,}"}
        cells["generator MiB"] = f"{row['generator_bytes'] / MIB:.1f}"
        for part in ("peak", "weights", "gradients", "optimizer", "activations"):
            cells[f"{part} MiB"] = f"{row[f'{part}_bytes'] / MIB:.1f}"
        if row["largest_batch"] is not None:
            cells["largest batch"] = str(row["largest_batch"])
        if row["seconds"] is not None:
            cells |= {"s/epoch": f"{row['seconds_per_epoch']:.1f}", "in all": duration(row["seconds"])}
        shown.append(cells)
    return shown


def aligned(rows: Sequence[dict[str, str]]) -> str:
    """Rows of the same cells as lines, columns one below the other."""
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.rjust, line, widths)) for line in lines)


def duration(seconds: float) -> str:
    """`1 d 02:03:04`."""
    days, rest = divmod(round(seconds), 86_400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {clock}" if days else clock
