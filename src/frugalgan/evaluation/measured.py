"""What is measured of a model: what the stages before left of it, and of the models that it is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.config.sections import RANDOM
from frugalgan.config.study import Study
from frugalgan.data.arrays import load_array
from frugalgan.data.styles import in_turn
from frugalgan.evaluation.drawn import Drawn, first_of_draws
from frugalgan.evaluation.judge import Judge
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import FileError, read_json
from frugalgan.networks.parts import GENERATOR
from frugalgan.networks.sampling import OTHERS, SAMPLES


@dataclass(frozen=True)
class Measured:
    """What is measured of a model, and by what: folders and files of stages before."""

    weights: Path  # a folder per seed
    record: Path  # a folder per seed
    samples: Path
    prepared: Path
    judges: Sequence[Judge]  # the data set's, and the second one where there is one
    floor: dict[str, Any]
    source_samples: Path | None  # of the model that it learnt from, where it had a teacher
    adapted_samples: Path | None = None  # … that it was adapted from, to another data set


def samples_of(study: Study, name: str, measured: Measured) -> np.ndarray:
    """(seeds, draws · samples, C, S, S) uint8. Raises FileError."""
    images, dataset = load_array(measured.samples / SAMPLES, "c"), study.data_of(name)
    asked = study.section("evaluate", Evaluate).repeats * dataset.samples
    if images.shape[:2] != (len(study.seeds(name)), asked):
        raise FileError(f"{measured.samples / SAMPLES}: not the samples that params.yaml asks for; run `dvc repro`")
    return images


def records_of(study: Study, name: str, measured: Measured) -> list[dict[str, Any]]:
    """What training recorded, one per seed. Raises FileError."""
    files = [measured.record / str(seed) / "record.json" for seed in study.seeds(name)]
    records = [read_json(file, hint="run `dvc repro`") for file in files]
    if any(record["moments_kimg"] != records[0]["moments_kimg"] for record in records):
        raise FileError(
            f"{measured.record}: seeds were trained for different times; run `dvc repro --force train@{name}`"
        )
    return records


def drawn_of(study: Study, name: str, measured: Measured, images: np.ndarray, n: int) -> list[Drawn]:
    """One per seed; a seed that the other model lacks is compared with that one's last. Raises FileError."""
    repeats, styles = study.section("evaluate", Evaluate).repeats, study.data_of(name).styles
    others = None if measured.source_samples is None else load_array(measured.source_samples / OTHERS, "c")
    adapted = None if measured.adapted_samples is None else load_array(measured.adapted_samples / SAMPLES, "c")
    return [
        Drawn(
            f"{name}, seed {seed}",
            first_of_draws(images[place], repeats, n),
            load_array(measured.record / str(seed) / "moments.npy", "c"),
            None if others is None else others[min(place, len(others) - 1)],
            None if adapted is None else in_turn(adapted[min(place, len(adapted) - 1)][:n], styles),
        )
        for place, seed in enumerate(study.seeds(name))
    ]


def source_of(study: Study, name: str) -> str | None:
    """The model whose images a student is compared with; None for a model that had no teacher."""
    row = study.row(name)
    return row.source if row.source != RANDOM and study.starts[row.start].teacher else None


def adapted_from(study: Study, name: str) -> str | None:
    """The model whose generator was adapted to another data set; None for any other."""
    row = study.row(name)
    if GENERATOR not in study.starts[row.start].weights or row.source not in study.rows:
        return None
    ours, theirs = study.data_of(name), study.data_of(row.source)
    alike = (ours.size, ours.colour) == (theirs.size, theirs.colour)
    return row.source if alike and row.data != study.row(row.source).data else None
