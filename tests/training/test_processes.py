"""Several processes make the update of one, and are refused where there is no place for them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from one_training import MODEL, ROW, study_of
from small import (
    CPU,
    RECIPES,
    assert_close,
    conditions_of,
    gradients,
    hardly_moving,
    in_float64,
    labelled,
    labelled_noise,
    per_sample,
    state_of,
)
from torch import Tensor

from frugalgan.data.batches import Images
from frugalgan.methods.direction import Direction
from frugalgan.methods.gradients import identity
from frugalgan.training.job import job
from frugalgan.training.processes import count_processes, mean_over
from frugalgan.training.recipe import Recipe
from frugalgan.training.state import Conditions

PROCESSES, BATCH = 2, 8


def one_of_each_kind() -> dict[str, Recipe]:
    """The first row of each method and of each family, and those whose update takes another mean over processes, or
    another path to its batch: LeCam, path lengths, a pool, a penalty at features, real images paired with others."""
    chosen: dict[str, Recipe] = {}
    kinds: set[type] = set()
    for name, row in RECIPES.items():
        kind = {type(row.method), type(row.family)}
        further = ("LeCam", "path length", "pool", "at features", "hypernetwork", "everything")
        if not kind <= kinds or any(word in name for word in further):
            chosen[name] = row
        kinds |= kind
    return chosen


def updates(recipe: Recipe, images: Images, mean: Any = identity) -> list[Tensor]:
    """Gradients of one short step, without batch statistics."""
    once = hardly_moving(per_sample(recipe))
    conditions = conditions_of(critic_parts=2)
    state, batch = state_of(once, conditions), images.batch(4, BATCH)
    state.networks.G.eval()
    if isinstance(recipe.method, Direction):
        batch = in_float64(state, batch)
    once.method.step(state.networks, state.optimizers, lambda: batch, conditions.accumulation(mean))
    return gradients(state)


def share(fabric: Fabric, folder: Path) -> None:
    """What each process does."""
    images = replace(labelled(folder), rank=fabric.global_rank, processes=fabric.world_size)
    found = {name: updates(recipe, images, mean_over(fabric)) for name, recipe in one_of_each_kind().items()}
    torch.save(found, folder / f"{fabric.global_rank}.pt")


@pytest.mark.slow
def test_two_processes_make_the_update_of_one(tmp_path: Path) -> None:
    images = labelled_noise(tmp_path, 20)
    fabric = Fabric(accelerator="cpu", devices=PROCESSES, strategy="ddp_spawn")
    fabric.launch(share, tmp_path)  # pyright: ignore[reportArgumentType]
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(PROCESSES))
    for name, recipe in one_of_each_kind().items():
        assert all(map(torch.equal, first[name], second[name])), name
        assert_close(first[name], updates(recipe, images), rtol=1e-4)


def test_more_processes_than_there_are_places_for(monkeypatch: pytest.MonkeyPatch) -> None:
    training = replace(job(study_of({MODEL: ROW}), MODEL).training, devices=3, device="cpu")
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with pytest.raises(ValueError, match=r"training\.devices: 3, but there are 2 processor cores here"):
        count_processes(training, CPU)
    assert count_processes(replace(training, devices=2, nodes=4), CPU) == 8


def test_a_batch_that_cannot_be_shared_is_refused_before_training() -> None:
    conditions = Conditions(CPU, torch.float32, 0.0, accumulate=2, critic_parts=4, processes=2)
    conditions.check_batch(32)
    with pytest.raises(ValueError, match=r"a batch of 24 is no multiple of .* = 2 × 2 × 4 = 16; change these"):
        conditions.check_batch(24)
