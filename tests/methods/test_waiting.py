"""A generator that waits, whole or its first layers, while the critic learns something."""

from pathlib import Path

import pytest
import torch
from small import (
    RECIPES,
    accumulation_of,
    batch_of,
    conditions_of,
    labelled_noise,
    recorder_of,
    source_of,
    start_of,
    state_of,
)
from torch import Tensor

from frugalgan.training.loop import train
from frugalgan.training.recipe import Recipe
from frugalgan.training.state import begin

FROM_DECODER = RECIPES["dcgan from a decoder"]


def stepped(row: Recipe, seen: int) -> tuple[list[bool], dict[str, Tensor], bool]:
    """Which of G's layers a step at that time moves, its losses, and whether the critic moved."""
    state = begin(row, source_of(row), conditions_of(), kimg=0.2, seed=3)
    before = [[p.detach().clone() for p in layer.parameters()] for layer in state.networks.G.blocks]
    critic = [p.detach().clone() for p in state.networks.D.parameters()]
    batch = batch_of(4, key=(5, seen))
    losses = row.method.step(state.networks, state.optimizers, lambda: batch, accumulation_of())
    layers = zip(before, state.networks.G.blocks, strict=True)
    moved = [any(not torch.equal(a, b) for a, b in zip(old, layer.parameters(), strict=True)) for old, layer in layers]
    return moved, losses, any(not torch.equal(a, b) for a, b in zip(critic, state.networks.D.parameters(), strict=True))


@pytest.mark.parametrize("name", ["wgan_gp from a decoder", "wgan_gp"])
def test_the_generator_waits_for_a_share_of_the_budget(name: str) -> None:
    """Whatever it starts from; the critic trains, and all losses are there."""
    row = start_of(RECIPES[name], wait=0.5)  # of 200 images
    moved, losses, critic_moved = stepped(row, 96)
    assert not any(moved) and critic_moved
    assert set(losses) == {"loss_D", "gradient_penalty", "loss_G"}
    assert all(stepped(row, 100)[0])


def test_only_its_first_layers_wait_where_they_are_named() -> None:
    row = start_of(FROM_DECODER, wait=0.5, layers=2)
    assert stepped(row, 96)[0] == [False, False, True, True]
    assert all(stepped(row, 100)[0])


def test_a_run_that_waits_records_the_same_losses_throughout(tmp_path: Path) -> None:
    row = start_of(FROM_DECODER, wait=0.5)
    state, recorder = state_of(row), recorder_of(6)
    train(state, row.method, labelled_noise(tmp_path, 12), 4, recorder, accumulation_of())
    assert len(recorder.rows()) == 6 and all({"loss_D", "loss_G"} <= set(row) for row in recorder.rows())
