"""What a training run leaves: the model's folder, and its cost."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.files import replaced, write_json
from frugalgan.images import grid, write_png
from frugalgan.methods.base import GENERATOR
from frugalgan.models import save_model
from frugalgan.provenance import device_name, versions
from frugalgan.sampling import FIXED
from frugalgan.sections import Params
from frugalgan.training.cost import count_parameters
from frugalgan.training.ema import working_generator
from frugalgan.training.planned import Run
from frugalgan.training.prediction import predict
from frugalgan.training.state import Conditions, State
from frugalgan.training.watch import Watch, write_rows


@dataclass(frozen=True)
class Outcome:
    """A finished run: what was asked for, and what came of it."""

    planned: Run
    params: Params
    conditions: Conditions
    state: State
    watch: Watch
    data_sha256: str


def write_outcome(run: Outcome, out: Path, cost: Path) -> None:
    """The model in folder `out` and its cost in JSON file `cost`; each appears whole."""
    facts = facts_of(run)
    G, watch = run.state.networks.G, run.watch
    with replaced(out) as folder:
        folder.mkdir()
        working = working_generator(G, run.state.ema, run.params.seed)
        save_model(folder, {**run.state.networks.parts, GENERATOR: working}, facts)
        write_rows(watch.rows(), folder / "history.csv")
        if heldout := watch.heldout_rows():
            write_rows(heldout, folder / "heldout.csv")
        samples = [watch.samples[step] for step in watch.final_moments()]
        np.save(folder / "moments.npy", np.stack(samples))
        write_png(folder / "progress.png", grid(np.concatenate([s[:FIXED] for s in samples]), columns=FIXED))
        values = costs(run, (folder / "generator.safetensors").stat().st_size)
    # what tells one cost from another
    keys = ("name", "method", "scale", "seed", "epochs", "batch_size", "device", "processes", "precision")
    write_json(cost, values | {key: facts[key] for key in keys} | facts["versions"])


def facts_of(run: Outcome) -> dict[str, Any]:
    """All that tells how the model came about."""
    return {
        "name": run.watch.name,
        "method": type(run.planned.method).__name__,
        "params": asdict(run.planned.method) | asdict(run.planned.training),
        "scale": run.params.scale_name,
        "seed": run.params.seed,
        "kimg": run.state.nimg / 1000,
        "epochs": run.planned.epochs,
        "batch_size": run.planned.batch_size,
        "data_sha256": run.data_sha256,
        "device": device_name(run.conditions.device),
        "processes": run.conditions.processes,
        "precision": str(run.conditions.precision).removeprefix("torch."),
        "moments_kimg": [kimg for kimg, _ in _moments(run.watch)],
        "versions": versions(),
    }


def costs(run: Outcome, generator_bytes: int) -> dict[str, Any]:
    """What the run took; the thesis's three axes are peak_training_bytes, generator_bytes and the metrics'.

    Memory is that of one process, the first.
    """
    state, watch, epochs = run.state, run.watch, run.planned.epochs
    need = predict(run.planned.method, run.planned.shape, run.planned.batch_size, run.conditions)
    values = {
        "seconds": watch.seconds,
        "seconds_drawing_moments": watch.drawing_seconds,
        "seconds_loading": watch.loading_seconds,
        "seconds_per_epoch": watch.seconds / epochs if epochs else 0.0,
        "images_per_second": state.nimg / watch.seconds if watch.seconds else 0.0,
        "kimg": state.nimg / 1000,
        "moments_kimg": [kimg for kimg, _ in _moments(watch)],
        "moments_seconds": [seconds for _, seconds in _moments(watch)],
        "peak_training_bytes": watch.peak_bytes,
        "peak_training_bytes_taken_by": "max_memory_allocated" if watch.device.type == "cuda" else "live tensors",
        **{f"peak_{part}_bytes": size for part, size in watch.peak_parts.items()},
        "predicted_peak_bytes": need.peak_bytes if watch.steps else 0,
        "trained_parameters": count_parameters(state.networks.parts.values(), trained_only=True),
        "generator_parameters": count_parameters((state.networks.G,), trained_only=False),
        "generator_bytes": generator_bytes,
    }
    joules = watch.joules()
    return values | ({} if joules is None else {"joules": joules})


def _moments(watch: Watch) -> list[tuple[float, float]]:
    return [watch.moments[step] for step in watch.final_moments()]
