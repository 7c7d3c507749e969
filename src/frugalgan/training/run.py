"""One training run from prepared images to the model folder and its cost."""

from dataclasses import replace
from pathlib import Path

from frugalgan.dataset import Images
from frugalgan.methods.base import Shape, Source
from frugalgan.params import Params
from frugalgan.pipeline import Run
from frugalgan.provenance import file_sha256
from frugalgan.training.energy import joules_since, read_counters
from frugalgan.training.hardware import mean_over, open_fabric
from frugalgan.training.loop import train
from frugalgan.training.outcome import Outcome, write_outcome
from frugalgan.training.state import Conditions, start
from frugalgan.training.watch import Watch


def run(planned: Run, params: Params, *, data: Path, out: Path, cost: Path, source: Source | None = None) -> None:
    """Train on the images of folder `data`; leave the model in folder `out` and its cost in JSON file `cost`.

    `source` is what to start or learn from. The model's name is that of `out`. All appears at the end at once; a run
    that fails leaves what was there before. Of several processes, the first writes.
    """
    method = planned.method
    conditions = Conditions.of(params.training)
    conditions.check_batch(planned.batch_size)
    fabric = open_fabric(params.training, conditions.device)
    conditions = replace(conditions, device=fabric.device)
    mean = mean_over(fabric)
    images = Images(
        data / "images.npy",
        params.seed,
        params.training.flip,
        conditions.device,
        rank=fabric.global_rank,
        processes=fabric.world_size,
    )
    shape = Shape.of(params)
    state = start(method, shape, source, conditions, seed=params.seed)
    budget, counters = planned.budget, read_counters()
    watch = Watch(
        out.name,
        budget.steps,
        conditions.device,
        params.seed,
        params.training.moment_samples,
        mean_of_processes=mean,
        rank=fabric.global_rank,
    )
    train(state, method, images, budget, watch, conditions.descent(mean))
    joules = joules_since(counters)  # moments' drawing included
    if fabric.is_global_zero:
        write_outcome(Outcome(planned, params, conditions, state, watch, file_sha256(images.path), joules), out, cost)
