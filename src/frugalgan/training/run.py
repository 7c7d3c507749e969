"""One training run from prepared images to the model folder and its cost."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from frugalgan.dataset import Images
from frugalgan.methods.base import Shape
from frugalgan.params import Params
from frugalgan.pipeline import Run
from frugalgan.provenance import code_sha256, device_name, versions
from frugalgan.training.hardware import mean_over, open_fabric
from frugalgan.training.keeper import Keeper
from frugalgan.training.loop import train
from frugalgan.training.outcome import Outcome, write_outcome
from frugalgan.training.snapshot import Snapshots
from frugalgan.training.source import open_source, source_sha256
from frugalgan.training.state import Conditions, start
from frugalgan.training.watch import Watch

DECIDES_NOTHING = ("snapshot_kimg", "device")  # of section training; the device is told by its name


def run(
    planned: Run,
    params: Params,
    *,
    data: Path,
    out: Path,
    cost: Path,
    snapshots: Path,
    fresh: bool,
    source: Path | None = None,
) -> None:
    """Train on the images of folder `data`; leave the model in folder `out` and its cost in JSON file `cost`.

    `source` is the folder of what to start or learn from. The model's name is that of `out`. All appears at the end
    at once; a run that fails leaves what was there before. A run that was interrupted goes on from its last snapshot
    in folder `snapshots`, unless `fresh`. Of several processes, the first writes.
    """
    method, shape = planned.method, Shape.of(params)
    conditions = Conditions.of(params.training)
    conditions.check_batch(planned.batch_size)
    fabric = open_fabric(params.training, conditions.device)
    conditions, mean = replace(conditions, device=fabric.device), mean_over(fabric)
    rank, processes = fabric.global_rank, fabric.world_size
    flip = params.training.flip
    images = Images(data / "images.npy", params.seed, flip, conditions.device, rank, processes)
    state = start(method, shape, open_source(source) if source else None, conditions, seed=params.seed)
    budget, data_sha256 = planned.budget, images.sha256()
    samples = params.training.moment_samples
    watch = Watch(out.name, budget.steps, conditions.device, params.seed, samples, mean, rank)
    known = Snapshots(snapshots / out.name, configuration(planned, params, conditions, data_sha256, source))
    with Keeper(out.name, known, params.training.snapshot_kimg, rank, mean) as keeper:
        keeper.resume(state, watch, fresh=fresh)
        train(state, method, images, budget, watch, conditions.descent(mean), keeper.after_step)
        if not rank:
            write_outcome(Outcome(planned, params, conditions, state, watch, data_sha256), out, cost)
            keeper.tell_what_is_kept()


def configuration(
    planned: Run, params: Params, conditions: Conditions, data_sha256: str, source: Path | None
) -> dict[str, Any]:
    """All that decides a training's result at a given number of images seen, as JSON values."""
    training = {key: value for key, value in asdict(params.training).items() if key not in DECIDES_NOTHING}
    return {
        "method": {"name": type(planned.method).__name__} | asdict(planned.method),
        "networks": asdict(Shape.of(params)),
        "training": training | {"precision": str(conditions.precision)},
        "batch_size": planned.batch_size,
        "seed": params.seed,
        "device": f"{device_name(conditions.device)}, {torch.backends.cpu.get_cpu_capability()}",
        "data_sha256": data_sha256,
        "source_sha256": source_sha256(source) if source else None,
        "code_sha256": code_sha256(),
        "versions": versions(),
    }
