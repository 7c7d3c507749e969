"""Small studies, and one real training stage on noise in a folder of its own."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pipeline import PROJECT
from small import noise_images

from frugalgan.command import Resume
from frugalgan.config import places
from frugalgan.config.params import read_yaml
from frugalgan.config.presets import preset, with_preset
from frugalgan.config.study import Study, study
from frugalgan.data.facts import HELDOUT, HELDOUT_LABELS, IMAGES, LABELS, DataFacts, write_facts
from frugalgan.training.job import job
from frugalgan.training.run import run

MODEL, DATASET = "scratch", "dogs"
ROW = {
    "data": DATASET,
    "method": "wgan_gp",
    "networks": "faces",
    "from": "random",
    "start": "random",
    "budget": "dogs",
    "recipe": "plain",
    "seeds": 1,
}
DIGITS = ROW | {"data": "digits", "networks": "digits", "budget": "digits"}
KD = ROW | {"method": "kd", "networks": "small", "start": "taught"}
SHORT = {"budgets.dogs.kimg": 0.032, "budgets.digits.kimg": 0.032}  # two steps
Changes = dict[str, Any]  # of params.yaml: key path (`training.devices`) → value


def params_of(changes: Changes | None = None, size: str = "smoke") -> dict[str, Any]:
    """The project's params.yaml with a preset's numbers, without further students and pools."""
    raw = read_yaml(PROJECT / "params.yaml") | {"students": [], "pools": {}}
    return with_preset(with_preset(raw, preset(size, raw, PROJECT / "presets")), changes or {})


def study_of(rows: dict[str, Any], changes: Changes | None = None, size: str = "smoke") -> Study:
    """These rows with those numbers."""
    return study(params_of(changes, size), {"models": rows})


def training_folder(folder: Path, changes: Changes | None = None, rows: dict[str, Any] | None = None) -> Path:
    """`folder` with params.yaml, models.yaml and prepared images of both kinds; without `rows` with one model."""
    folder.mkdir(exist_ok=True)
    write_params(folder, changes)
    write_models(folder, rows or {MODEL: ROW})
    write_images(folder / "data/prepared" / DATASET, DataFacts(32, 3, mirror=True))
    write_images(folder / "data/prepared/digits", DataFacts(32, 1, mirror=False, labels=tuple("0123456789")))
    return folder


def write_params(folder: Path, changes: Changes | None = None) -> None:
    """params.yaml at smoke size, with these values."""
    (folder / "params.yaml").write_text(yaml.safe_dump(params_of(changes), sort_keys=False))


def write_models(folder: Path, rows: dict[str, Any]) -> None:
    """models.yaml with these rows."""
    (folder / "models.yaml").write_text(yaml.safe_dump({"models": rows}, sort_keys=False))


def write_images(prepared: Path, facts: DataFacts) -> None:
    """Noise as a prepared data set: 24 images to learn from, and 8 held out."""
    prepared.mkdir(parents=True)
    write_facts(prepared, facts)
    for images, labels, n in ((IMAGES, LABELS, 24), (HELDOUT, HELDOUT_LABELS, 8)):
        np.save(prepared / images, noise_images(n, facts.channels))
        if facts.classes:
            np.save(prepared / labels, np.arange(n, dtype=np.uint8) % facts.classes)


def training_command(name: str = MODEL, launcher: tuple[str, ...] = (sys.executable,)) -> list[str]:
    """The stage that trains a row of models.yaml in the current folder into models/."""
    return [*launcher, str(PROJECT / "stages/train.py"), name]


def train(
    folder: Path, rows: dict[str, Any], name: str, changes: Changes | None = None, resume: Resume = Resume.EXACT
) -> Path:
    """The model's folder, after the training of that row."""
    source, asked = rows[name]["from"], job(study_of(rows, SHORT | (changes or {})), name, folder)
    run(
        asked,
        data=folder / places.prepared(rows[name]["data"]),
        out=folder / "models" / name,
        snapshots=folder / "snapshots",
        resume=resume,
        source=None if source == "random" else folder / "models" / source / "weights",
    )
    return folder / "models" / name


def weights(model: Path, seed: int, part: str = "generator") -> bytes:
    return (model / f"weights/{seed}/{part}.safetensors").read_bytes()
