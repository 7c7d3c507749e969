"""A model's training, from each of its seeds: prepared images → weights, and what is to be known of them."""

import hashlib
import sys
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from frugalgan.code import text_of
from frugalgan.command import Resume
from frugalgan.config.places import keep_only
from frugalgan.data.batches import Images
from frugalgan.data.facts import HELDOUT, HELDOUT_LABELS, IMAGES, LABELS
from frugalgan.device import device_kind
from frugalgan.files import FileError
from frugalgan.methods.base import Method
from frugalgan.networks import Network
from frugalgan.networks.parts import GENERATOR, Networks
from frugalgan.networks.sampling import BATCH
from frugalgan.provenance import versions
from frugalgan.training.announcement import Expectation, announcement, expect
from frugalgan.training.keeper import Keeper
from frugalgan.training.loop import train
from frugalgan.training.outcome import Outcome, write_outcome
from frugalgan.training.processes import Processes, open_processes
from frugalgan.training.recipe import Job
from frugalgan.training.record import Recorder
from frugalgan.training.snapshot import Snapshots
from frugalgan.training.source import open_source, seed_folder, source_sha256
from frugalgan.training.state import Conditions, begin
from frugalgan.training.watch import Watch, event_files, nobody

LABELS_OF = {IMAGES: LABELS, HELDOUT: HELDOUT_LABELS}
HELDOUT_IMAGES = 256  # at most, at each moment
DECIDES_NOTHING = ("snapshot_kimg", "device")  # of section training; the device's name stands beside it


def run(
    job: Job,
    *,
    data: Path,
    out: Path,
    snapshots: Path,
    resume: Resume = Resume.EXACT,
    source: Path | None = None,
    watch: Watch = nobody,
    events: Path | None = None,
    forget: bool = False,
) -> None:
    """Train on the images of folder `data` from each seed: weights into `out`/weights/<seed>, what is to be known of
    the training into `out`/record/<seed>.

    `source` is the folder with a folder per seed of what to start or learn from: seed by seed, and the last for seeds
    that it does not have. All that a seed leaves appears at its end at once; a run that fails leaves what was there
    before. A run that was interrupted goes on from its last snapshot in folder `snapshots`, as `resume` allows.
    Only the process of rank 0 writes. `watch` is told losses and shown images on the way; with `events`
    TensorBoard's event files in `events`/<seed> are, instead. `forget`: keep no snapshot of a training that is done.
    """
    conditions = Conditions.of(job)
    conditions.check_batch(job.batch_size)
    processes = open_processes(job.training, conditions.device)
    conditions = replace(conditions, device=processes.device)
    expected = expect(job, conditions) if job.steps and not processes.rank else None
    session = Session(job, conditions, processes, data, out, snapshots, resume, forget, expected)
    for seed in job.seeds:
        trained = seed_folder(source, seed) if source else None
        with event_files(events / str(seed) if events and not processes.rank else None) as write:
            session.train(seed, trained, watch if events is None else write)
    for folder in (out / "weights", out / "record") if not processes.rank else ():
        keep_only(folder, job.seeds)


@dataclass(frozen=True)
class Session:
    """What the trainings of a job share, from whichever seed; paths are as in `run`."""

    job: Job
    conditions: Conditions
    processes: Processes
    data: Path
    out: Path
    snapshots: Path
    resume: Resume
    forget: bool
    expected: Expectation | None  # what each is announced to take; None: it is not announced

    def train(self, seed: int, source: Path | None, watch: Watch) -> None:
        """Train from that seed, and from the model or pool in folder `source`; weights and record at the end."""
        job, recipe, conditions = self.job, self.job.recipe, self.conditions
        name = job.name if len(job.seeds) == 1 else f"{job.name}, seed {seed}"
        images = self.images(IMAGES, seed)
        if recipe.family.conditional and images.labels is None:
            missing = f"{self.data / LABELS}: no such file"
            raise FileError(f"{missing}; {job.name} is conditional: train it on labelled images")
        data_sha256, heldout = images.sha256(), None
        if recipe.method.has_heldout_terms and (self.data / HELDOUT).is_file():
            heldout = self.images(HELDOUT, seed)
            data_sha256 = hashlib.sha256((data_sha256 + heldout.sha256()).encode()).hexdigest()
        state = begin(recipe, open_source(source) if source else None, conditions, kimg=job.kimg, seed=seed)
        recorder = Recorder(
            name,
            job.steps,
            processes=self.processes,
            seed=seed,
            moment_samples=job.moment_samples,
            heldout=partial(heldout_losses, recipe.method, state.networks, heldout),
            watch=watch,
        )
        configured = configuration(job, seed, conditions, data_sha256, source)
        known = Snapshots(self.snapshots / f"{job.name}_{seed}", configured, job.steps)
        with Keeper(name, known, job.training.snapshot_kimg, self.processes) as keeper:
            begins = keeper.resume(state, recorder, self.resume)
            if self.expected is not None:
                n, done = len(images.array), recorder.done
                line = announcement(job, conditions, self.expected, images=n, done=done, begins=begins)
                print(f"{name}: {line}", file=sys.stderr)
            accumulation = conditions.accumulation(self.processes.mean)
            train(state, recipe.method, images, job.batch_size, recorder, accumulation, keeper.after_step)
            if not self.processes.rank:
                write_outcome(Outcome(job, seed, conditions, state, recorder, data_sha256, source), self.out)
                known.remove() if self.forget else keeper.tell_what_is_kept()
            keeper.end_if_interrupted()

    def images(self, part: str, seed: int) -> Images:
        """Those to learn from, of which each process has its share, or the held-out ones, whole: `part` is the file."""
        learnt, labels = part == IMAGES, self.data / LABELS_OF[part]
        return Images(
            self.data / part,
            seed,
            self.job.recipe.data.mirror,
            self.conditions.device,
            rank=self.processes.rank if learnt else 0,
            processes=self.processes.count if learnt else 1,
            labels_path=labels if labels.is_file() else None,
            pictures=self.job.pictures if learnt else 0,
        )


@torch.no_grad()
def heldout_losses(method: Method, networks: Networks, images: Images | None, G: Network) -> dict[str, float]:
    """The method's losses on some held-out images, always the same, with `G` as the generator; none of fewer than 2,
    which cannot be compared with each other."""
    if images is None or len(images.array) < 2:
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


def configuration(job: Job, seed: int, conditions: Conditions, data_sha256: str, source: Path | None) -> dict[str, Any]:
    """All that decides a training's result at a given number of images seen, as JSON values."""
    recipe = job.recipe
    training = {key: value for key, value in asdict(job.training).items() if key not in DECIDES_NOTHING}
    start = asdict(recipe.start)
    waiting = start.pop("wait") * job.kimg  # a longer training may wait for as long: then it goes on
    return {
        **recipe.settings(),
        "data": asdict(recipe.data),
        "start": start | {"wait_kimg": waiting},
        "training": training | {"precision": str(conditions.precision)},
        **job.batches(),
        "moment_samples": job.moment_samples,
        "seed": seed,
        "device": device_kind(conditions.device),
        "data_sha256": data_sha256,
        "source_sha256": source_sha256(source) if source else None,
        "code": hashlib.sha256(code_of(job).encode()).hexdigest(),
        "versions": versions(),
    }


def code_of(job: Job) -> str:
    """The text of the code that decides what a step does: this loop, the method's, and that of its networks."""
    modules = [__name__, type(job.recipe.method).__module__, *job.recipe.family.modules]
    return text_of(module.removeprefix("frugalgan.") for module in modules)
