"""From a choice to a folder with a model: fetch, prepare, train, sample, measure, as the pipeline's stages do."""

import os
import shutil
import sys
from contextlib import chdir
from dataclasses import asdict
from pathlib import Path

import numpy as np

from frugalgan.command import Resume
from frugalgan.config import places
from frugalgan.data.facts import FILE as FACTS
from frugalgan.data.images import write_png
from frugalgan.data.prepare import prepare
from frugalgan.data.settings import Prepare
from frugalgan.data.sources import fetch, foreign_files
from frugalgan.direct.card import write_card
from frugalgan.direct.folder import CHOICE, WEIGHTS, FolderError, is_begun
from frugalgan.direct.page import write_page
from frugalgan.direct.values import MODEL, PICTURES, SAMPLES, SOURCE, Choice, study_of
from frugalgan.evaluation.write import write_evaluation
from frugalgan.evaluation.write_reference import write_reference
from frugalgan.export.layout import WORK
from frugalgan.files import replaced, write_json
from frugalgan.networks.sampling import write_samples
from frugalgan.networks.store import NETWORKS, read_networks
from frugalgan.training.job import job
from frugalgan.training.kept import INDEX, OWN
from frugalgan.training.run import run
from frugalgan.training.source import source_sha256
from frugalgan.training.watch import Watch, event_files, preview

SNAPSHOTS = Path("snapshots")  # of the folder of the work
PREVIEW = "preview.png"


def check_source(source: Path, out: Path) -> None:
    """Raise FolderError where what is made in `out` began with other weights than that model's folder holds now."""
    theirs, brought = source / WORK / places.weights(MODEL), out / WORK / places.weights(SOURCE)
    if brought.is_dir() and _sha256(brought) != _sha256(theirs):
        raise FolderError(f"{out}: learnt from other weights than {source} has now: name another folder")


def make(choice: Choice, out: Path, source: Path | None = None, resume: Resume = Resume.EXACT) -> None:
    """Make the model in `out`; what is done there already is not done again, and a training goes on as `resume` allows.

    `source`: the folder of the model that a distilled or an adapted one learns from. Weights, README.md and report.html
    appear whole, README.md last; snapshots and copies of pictures are removed then. Beside a vector's weights stand
    those of its source. No two may work in one folder: `alone_in`.
    """
    work = out / WORK
    write_json(work / CHOICE, asdict(choice))
    if source is not None and not is_begun(work):
        _bring(source, work)
    events = os.environ.get("FRUGALGAN_EVENTS")  # as the stages know it
    with event_files(Path(events).resolve() / out.resolve().name if events else None) as told, chdir(work):
        _work(choice, told, resume)
    _copy_model(work / places.weights(MODEL) / str(choice.seed), out / WEIGHTS, out / SOURCE)
    shutil.copy(work / places.samples(MODEL) / "grid.png", out / SAMPLES)
    write_page(choice, out, work)
    write_card(choice, out, work)
    _forget(work)


def _copy_model(folder: Path, target: Path, source: Path) -> None:
    """Copy a model's folder to `target`; of a vector, the model that it adapts, too, to `source`."""
    described = read_networks(folder)
    adapted = [one["source"] for one in described.values() if "source" in one]
    if adapted:
        with replaced(source) as place:
            shutil.copytree(folder / adapted[0]["folder"], place)
    for one in adapted:
        one["folder"] = os.path.relpath(source, target)
    with replaced(target) as place:
        shutil.copytree(folder, place)
        write_json(place / NETWORKS, described)


def _bring(source: Path, work: Path) -> None:
    """Weights, and images to be compared with, of the model that is learnt from."""
    theirs = source / WORK
    for place in (places.weights, places.samples):
        with replaced(work / place(SOURCE)) as folder:
            shutil.copytree(theirs / place(MODEL), folder)


def _work(choice: Choice, told: Watch, resume: Resume) -> None:
    """All stages that are not done, in the folder of the work."""
    study = study_of(choice)
    dataset = study.dataset(PICTURES)
    prepared = places.prepared(PICTURES)
    if not (prepared / FACTS).is_file():
        _say("copying the pictures")
        fetch(dataset, places.fetched(PICTURES))
        print(prepare(places.fetched(PICTURES), prepared, dataset, study.section("prepare", Prepare)))
    _forget_fetched(places.fetched(PICTURES))
    if not (places.weights(MODEL) / str(choice.seed) / NETWORKS).is_file():
        run(
            job(study, MODEL),
            data=prepared,
            out=places.MODELS / MODEL,
            snapshots=SNAPSHOTS,
            resume=resume,
            source=places.weights(SOURCE) if choice.way.has_source else None,
            watch=_watches(_preview(Path("..") / PREVIEW), told),
            forget=True,
        )
    settings = study.raw["evaluate"]
    if not places.samples(MODEL).is_dir():
        write_samples(
            [places.weights(MODEL) / str(choice.seed)],
            places.samples(MODEL),
            draws=settings["repeats"],
            n=dataset.samples,
            seed=settings["seed"],
        )
    if not places.floor(PICTURES).is_file():
        _say("looking at real images, to measure by")
        write_reference(study, PICTURES)
    if not places.summary(MODEL).is_file():
        _say("measuring the model")
        write_evaluation(study, MODEL)


def _forget_fetched(fetched: Path) -> None:
    """Remove the copies of pictures, but for a folder in which somebody put others."""
    if fetched.is_dir() and not any(foreign_files(fetched)):
        shutil.rmtree(fetched)


def _forget(work: Path) -> None:
    """Remove snapshots, of other configurations, too: a model that is done is not trained on."""
    for file in (work / SNAPSHOTS).rglob("*"):
        if file.name == INDEX or OWN.fullmatch(file.name):
            file.unlink()


def _sha256(weights: Path) -> dict[str, str]:
    """Seed → of its weights."""
    return {folder.name: source_sha256(folder) for folder in weights.iterdir() if folder.is_dir()}


def _watches(*all_of: Watch) -> Watch:
    def watch(kimg: float, losses: dict[str, float], images: np.ndarray | None) -> None:
        for one in all_of:
            one(kimg, losses, images)

    return watch


def _preview(file: Path) -> Watch:
    """What draws images of the same z again and again into one file."""
    _say(f"{file.name} shows what it draws so far")
    return lambda kimg, losses, images: None if images is None else write_png(file, preview(images))


def _say(text: str) -> None:
    print(text, file=sys.stderr)
