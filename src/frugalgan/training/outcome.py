"""What a training leaves: weights, and a record of how they came about and what they cost."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.data.images import grid, write_png
from frugalgan.device import device_name
from frugalgan.files import replaced, write_json
from frugalgan.networks.parts import GENERATOR
from frugalgan.networks.sampling import FIXED
from frugalgan.networks.store import FILE, save_model
from frugalgan.provenance import versions
from frugalgan.training.ema import working_generator
from frugalgan.training.memory import count_parameters
from frugalgan.training.recipe import Job
from frugalgan.training.record import Recorder, write_rows
from frugalgan.training.state import Conditions, State


@dataclass(frozen=True)
class Outcome:
    """A finished training: what was asked for, and what came of it."""

    job: Job
    seed: int
    conditions: Conditions
    state: State
    recorder: Recorder
    data_sha256: str
    source: Path | None = None  # the folder of the weights that it started from


def write_outcome(run: Outcome, out: Path) -> None:
    """Weights into `out`/weights/<seed>, which is all that other models start from, and into `out`/record/<seed>
    record.json, history.csv, moments.npy, progress.png and, of an autoencoder, heldout.csv; both appear whole, or none.
    """
    recorder, name = run.recorder, str(run.seed)
    becomes = out / "weights" / name
    with replaced(becomes) as weights, replaced(out / "record" / name) as record:
        weights.mkdir()
        working = working_generator(run.state.networks.G, run.state.ema, run.seed)
        save_model(weights, {**run.state.networks.parts, GENERATOR: working}, run.source, becomes)
        record.mkdir()
        write_rows(recorder.rows(), record / "history.csv")
        if heldout := recorder.heldout_rows():
            write_rows(heldout, record / "heldout.csv")
        samples = [recorder.samples[step] for step in recorder.final_moments()]
        np.save(record / "moments.npy", np.stack(samples))
        write_png(record / "progress.png", grid(np.concatenate([s[:FIXED] for s in samples]), columns=FIXED))
        own = (weights / FILE.format(part=GENERATOR)).stat().st_size
        source = run.source if working.adaptation else None
        needed = own + (0 if source is None else (source / FILE.format(part=GENERATOR)).stat().st_size)
        write_json(record / "record.json", facts_of(run) | costs(run, needed, own))


def facts_of(run: Outcome) -> dict[str, Any]:
    """All that tells how the model came about."""
    job, recipe = run.job, run.job.recipe
    return {
        "model": job.name,
        **job.names,
        "seed": run.seed,
        "settings": {
            **recipe.settings(),
            "start": asdict(recipe.start),
            "data": asdict(recipe.data),
            "training": asdict(job.training),
        },
        "parts": list(run.state.networks.parts),
        "kimg": run.state.nimg / 1000,
        **job.batches(),
        "data_sha256": run.data_sha256,
        "device": device_name(run.conditions.device),
        "processes": run.conditions.processes,
        "precision": str(run.conditions.precision).removeprefix("torch."),
        "versions": versions(),
        **({"went_on_elsewhere": run.recorder.elsewhere} if run.recorder.elsewhere else {}),
    }


def costs(run: Outcome, needed: int, own: int) -> dict[str, Any]:
    """What the run took; the thesis's three axes are peak_training_bytes, generator_bytes and the metrics'.

    Memory is that of one process, the first. `needed`: bytes of the files that its images need; `own`: without those of
    the model that an adapted one started from.
    """
    state, recorder = run.state, run.recorder
    taken_by = "max_memory_allocated" if run.conditions.device.type == "cuda" else "live tensors"
    values = {
        "seconds": recorder.seconds,
        "seconds_drawing_moments": recorder.drawing_seconds,
        "seconds_loading": recorder.loading_seconds,
        "images_per_second": state.nimg / recorder.seconds if recorder.seconds else 0.0,
        "moments_kimg": [kimg for kimg, _ in _moments(recorder)],
        "moments_seconds": [seconds for _, seconds in _moments(recorder)],
        "peak_training_bytes": recorder.peak_bytes,
        "peak_training_bytes_taken_by": taken_by,
        **{f"peak_{part}_bytes": size for part, size in recorder.peak_parts.items()},
        "trained_parameters": count_parameters(state.networks.parts.values(), trained_only=True),
        "generator_parameters": count_parameters((state.networks.G,), trained_only=False),
        "generator_bytes": needed,
        "own_bytes": own,
    }
    joules = recorder.joules()
    return values | ({} if joules is None else {"joules": joules})


def _moments(recorder: Recorder) -> list[tuple[float, float]]:
    return [recorder.moments[step] for step in recorder.final_moments()]
