"""What studies that write rows of their own share: models.yaml and params.yaml of a clone, and seconds of its steps."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from frugalgan.config.study import load
from frugalgan.training.job import jobs
from frugalgan.training.plan import seconds_per_step
from frugalgan.training.state import Conditions

MODELS, PARAMS = Path("models.yaml"), Path("params.yaml")
STEPS = 10


def write(params: dict[str, Any], models: dict[str, Any]) -> None:
    """Both files of the current folder."""
    PARAMS.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    MODELS.write_text(yaml.safe_dump({"models": models}, sort_keys=False), encoding="utf-8")


def seconds_per_kimg(names: Iterable[str], rounds: int) -> dict[str, float]:
    """Of training: the median of so many rounds of STEPS steps, in which rows take turns."""
    planned = jobs(load())
    found: dict[str, list[float]] = {name: [] for name in names}
    for name in list(found) * rounds:
        job = planned[name]
        step = seconds_per_step(job.recipe, job.batch_size, Conditions.of(job), STEPS)
        found[name].append(1000 * step / (job.batch_size * job.recipe.method.batches_per_step))
    return {name: float(np.median(times)) for name, times in found.items()}
