"""Trainings that stop on their way, in process."""

from collections.abc import Callable

import numpy as np
import torch
from small import CPU, accumulation_of, recorder_of, state_of

from frugalgan.command import Resume
from frugalgan.data.batches import Images
from frugalgan.training.keeper import Keeper
from frugalgan.training.loop import train
from frugalgan.training.processes import Processes
from frugalgan.training.recipe import Recipe
from frugalgan.training.record import Recorder
from frugalgan.training.run import heldout_losses
from frugalgan.training.snapshot import Snapshots
from frugalgan.training.state import State

CONFIGURATION = {"method": {"name": "test", "learning_rate": 1e-3}, "seed": 0}
BATCH = 4


def run(
    recipe: Recipe,
    images: Images,
    steps: int,
    snapshots: Snapshots,
    stop: Callable[[Recorder], None] = lambda recorder: None,
) -> tuple[State, Recorder]:
    """Train to `steps`, saving after each; `stop` is called then and may raise."""
    state, method = state_of(recipe), recipe.method
    recorder = recorder_of(steps, heldout=lambda G: heldout_losses(method, state.networks, images, G))
    snapshots = Snapshots(snapshots.folder.parent, snapshots.configuration, steps)  # as a new process has them
    with Keeper("test", snapshots, method.batches_per_step * BATCH / 1000, Processes(CPU)) as keeper:
        keeper.resume(state, recorder, Resume.EXACT)

        def after_step(state: State, recorder: Recorder) -> None:
            keeper.after_step(state, recorder)
            stop(recorder)

        train(state, method, images, BATCH, recorder, accumulation_of(), after_step)
    return state, recorder


class Stopped(Exception):
    """In place of a killed process."""


def at(step: int) -> Callable[[Recorder], None]:
    def stop(recorder: Recorder) -> None:
        if recorder.done == step:
            raise Stopped

    return stop


def assert_same(ours: tuple[State, Recorder], theirs: tuple[State, Recorder]) -> None:
    """Weights, averages, optimisers, losses and images are equal to the bit."""
    for a, b in zip(_tensors(ours[0].state_dict()), _tensors(theirs[0].state_dict()), strict=True):
        assert torch.equal(a, b)
    assert ours[0].nimg == theirs[0].nimg
    rows = [
        [{k: v for k, v in row.items() if k != "seconds"} for row in recorder.rows()] for _, recorder in (ours, theirs)
    ]
    assert rows[0] == rows[1]
    assert ours[1].final_moments() == theirs[1].final_moments()
    assert ours[1].losses_heldout == theirs[1].losses_heldout
    assert ours[1].peak_bytes == theirs[1].peak_bytes
    for step in ours[1].final_moments():
        assert np.array_equal(ours[1].samples[step], theirs[1].samples[step])
        assert ours[1].moments[step][0] == theirs[1].moments[step][0]


def _tensors(value: object) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        return [tensor for item in value.values() for tensor in _tensors(item)]
    return []
