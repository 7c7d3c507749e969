"""One training run from prepared images to the model folder and its cost."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.dataset import Images
from frugalgan.files import replaced, write_json
from frugalgan.images import grid, write_png
from frugalgan.methods.base import Method, Shape
from frugalgan.models import load_model, save_model
from frugalgan.params import Params
from frugalgan.provenance import device_name, file_sha256, versions
from frugalgan.sampling import FIXED
from frugalgan.training.cost import count_parameters
from frugalgan.training.ema import working_generator
from frugalgan.training.energy import joules_since, read_counters
from frugalgan.training.loop import Budget, train
from frugalgan.training.prediction import predict
from frugalgan.training.state import Conditions, State, start
from frugalgan.training.watch import Watch


@dataclass(frozen=True)
class Run:
    """One model's training: a method, how many of its epochs, images per update."""

    method: Method
    epochs: float
    batch_size: int

    @property
    def budget(self) -> Budget:
        """The epochs in steps."""
        return Budget.of_epochs(self.method, self.epochs, self.batch_size)


def run(planned: Run, params: Params, *, data: Path, out: Path, cost: Path, source: Path | None = None) -> None:
    """Train on the images of folder `data`; leave the model in folder `out` and its cost in JSON file `cost`.

    `source` is the folder of the model to start or learn from. The model's name is that of `out`. All appears at the
    end at once; a run that fails leaves what was there before.
    """
    method, epochs = planned.method, planned.epochs
    conditions = Conditions.of(params.training)
    images = Images(data / "images.npy", params.seed, params.training.flip, conditions.device)
    shape = Shape.of(params)
    state = start(method, shape, load_model(source) if source else None, conditions, seed=params.seed)
    budget, counters = planned.budget, read_counters()
    watch = Watch(out.name, budget.steps, conditions.device, params.seed, params.training.moment_samples)
    train(state, method, images, budget, watch, accumulate=conditions.accumulate)
    joules = joules_since(counters)  # moments' drawing included
    facts: dict[str, Any] = {
        "name": out.name,
        "method": type(method).__name__,
        "params": asdict(method) | asdict(params.training),
        "scale": params.scale_name,
        "seed": params.seed,
        "kimg": state.nimg / 1000,
        "epochs": epochs,
        "batch_size": planned.batch_size,
        "data_sha256": file_sha256(images.path),
        "device": device_name(conditions.device),
        "precision": str(conditions.precision).removeprefix("torch."),
        "moments_kimg": watch.moments_kimg,
        "versions": versions(),
    }
    with replaced(out) as folder:
        folder.mkdir()
        save_model(folder, working_generator(state.networks.G, state.ema, params.seed), state.networks.D, facts)
        watch.write_history(folder / "history.csv")
        np.save(folder / "moments.npy", np.stack(watch.samples))
        write_png(folder / "progress.png", grid(np.concatenate([s[:FIXED] for s in watch.samples]), columns=FIXED))
    need = predict(method, shape, planned.batch_size, conditions)
    values = costs(state, watch, epochs, (out / "generator.safetensors").stat().st_size)
    values |= {"predicted_peak_bytes": need.peak_bytes if budget.steps else 0}
    values |= {} if joules is None else {"joules": joules}
    write_json(cost, values | _of(facts))


def costs(state: State, watch: Watch, epochs: float, generator_bytes: int) -> dict[str, Any]:
    """What the run took; the thesis's three axes are peak_training_bytes, generator_bytes and the metrics'."""
    networks = (state.networks.G, state.networks.D)
    return {
        "seconds": watch.seconds,
        "seconds_drawing_moments": watch.drawing_seconds,
        "seconds_per_epoch": watch.seconds / epochs if epochs else 0.0,
        "images_per_second": state.nimg / watch.seconds if watch.seconds else 0.0,
        "kimg": state.nimg / 1000,
        "moments_kimg": watch.moments_kimg,
        "moments_seconds": watch.moments_seconds,
        "peak_training_bytes": watch.peak_bytes,
        "peak_training_bytes_taken_by": "max_memory_allocated" if watch.device.type == "cuda" else "live tensors",
        **{f"peak_{part}_bytes": size for part, size in watch.peak_parts.items()},
        "trained_parameters": count_parameters(networks, trained_only=True),
        "generator_parameters": count_parameters(networks[:1], trained_only=False),
        "generator_bytes": generator_bytes,
    }


def _of(facts: dict[str, Any]) -> dict[str, Any]:
    """The run's facts that tell one cost from another."""
    keys = ("name", "method", "scale", "seed", "epochs", "batch_size", "device", "precision")
    return {key: facts[key] for key in keys} | facts["versions"]
