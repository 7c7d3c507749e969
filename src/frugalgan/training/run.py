"""One training run from prepared images to the model folder and its cost."""

import hashlib
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from frugalgan.dataset import Images
from frugalgan.files import FileError
from frugalgan.methods.base import GENERATOR, Method, Networks
from frugalgan.networks import Network
from frugalgan.provenance import code_sha256, device_name, versions
from frugalgan.sections import Params
from frugalgan.training.ema import BATCH
from frugalgan.training.hardware import open_processes
from frugalgan.training.keeper import Keeper
from frugalgan.training.loop import train
from frugalgan.training.outcome import Outcome, write_outcome
from frugalgan.training.planned import Run
from frugalgan.training.snapshot import Snapshots
from frugalgan.training.source import open_source, source_sha256
from frugalgan.training.state import Conditions, start
from frugalgan.training.watch import Watch

TRAINING, HELDOUT = "images.npy", "heldout.npy"  # in a folder of prepared images
LABELS = {TRAINING: "labels.npy", HELDOUT: "heldout_labels.npy"}
HELDOUT_IMAGES = 256  # at most, at each moment
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
    name: str | None = None,
) -> None:
    """Train on the images of folder `data`; leave the model in folder `out` and its cost in JSON file `cost`.

    `source` is the folder of what to start or learn from. The model's name is that of `out`, unless `name` says
    another. All appears at the end at once; a run that fails leaves what was there before. A run that was interrupted
    goes on from its last snapshot in folder `snapshots`, unless `fresh`. Of several processes, the first writes.
    """
    method, training, name = planned.method, planned.training, name or out.name
    conditions = Conditions.of(training)
    conditions.check_batch(planned.batch_size)
    processes = open_processes(training, conditions.device)
    conditions, rank, mean = replace(conditions, device=processes.device), processes.rank, processes.mean

    def images_in(part: str) -> Images:
        share = (rank, processes.count) if part == TRAINING else (0, 1)
        labels = data / LABELS[part]
        labels_path = labels if labels.is_file() else None
        return Images(data / part, params.seed, training.flip, conditions.device, *share, labels_path)

    images = images_in(TRAINING)
    if planned.shape.classes and images.labels is None:
        raise FileError(f"{data / LABELS[TRAINING]}: no such file; {name} is told labels: train it on labelled images")
    data_sha256, heldout = images.sha256(), None
    if method.watches_heldout and (data / HELDOUT).is_file():
        heldout = images_in(HELDOUT)
        data_sha256 = hashlib.sha256((data_sha256 + heldout.sha256()).encode()).hexdigest()
    state = start(method, planned.shape, open_source(source) if source else None, conditions, seed=params.seed)
    budget = planned.budget
    watch = Watch(
        name,
        budget.steps,
        conditions.device,
        params.seed,
        training.moment_samples,
        mean,
        rank,
        partial(heldout_losses, method, state.networks, heldout),
    )
    known = Snapshots(snapshots / name, configuration(planned, params, conditions, data_sha256, source))
    with Keeper(name, known, training.snapshot_kimg, rank, mean) as keeper:
        keeper.resume(state, watch, fresh=fresh)
        train(state, method, images, budget, watch, conditions.descent(mean), keeper.after_step)
        if not rank:
            write_outcome(Outcome(planned, params, conditions, state, watch, data_sha256), out, cost)
            keeper.tell_what_is_kept()


@torch.no_grad()
def heldout_losses(method: Method, networks: Networks, images: Images | None, G: Network) -> dict[str, float]:
    """The method's losses on some held-out images, always the same, with `G` as the generator; none without images."""
    if images is None or not len(images.array):
        return {}
    n = min(HELDOUT_IMAGES, len(images.array))
    parts = n // BATCH or 1
    batch = images.batch(0, n // parts * parts)
    working = replace(networks, parts={**networks.parts, GENERATOR: G})
    means: dict[str, float] = {}
    for part in batch.split(parts):
        for name, loss in method.heldout_terms(working, part):
            means[name] = means.get(name, 0.0) + loss.item() / parts
    return means


def configuration(
    planned: Run, params: Params, conditions: Conditions, data_sha256: str, source: Path | None
) -> dict[str, Any]:
    """All that decides a training's result at a given number of images seen, as JSON values."""
    training = {key: value for key, value in asdict(planned.training).items() if key not in DECIDES_NOTHING}
    return {
        "method": {"name": type(planned.method).__name__} | asdict(planned.method),
        "networks": asdict(planned.shape),
        "training": training | {"precision": str(conditions.precision)},
        "batch_size": planned.batch_size,
        "seed": params.seed,
        "device": f"{device_name(conditions.device)}, {torch.backends.cpu.get_cpu_capability()}",
        "data_sha256": data_sha256,
        "source_sha256": source_sha256(source) if source else None,
        "code_sha256": code_sha256(),
        "versions": versions(),
    }
