"""What a step of training needs, known before it is taken: parameters, and memory by kind."""

import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import torch
from torch import Tensor, optim

from frugalgan.data.batches import Batch
from frugalgan.data.cores import cores
from frugalgan.data.facts import DataFacts
from frugalgan.methods.start import Source
from frugalgan.methods.teachers import PooledTeacher
from frugalgan.training.memory import ACTIVATIONS, GRADIENTS, OPTIMIZER, WEIGHTS, LiveBytes, count_parameters
from frugalgan.training.recipe import PoolRecipe, Recipe
from frugalgan.training.shapes import without_memory
from frugalgan.training.state import Conditions, State, begin

LATE = 2**40  # images seen
SIDE_BY_SIDE = 4  # networks from which on it pays to plan in several processes
_known: dict[Any, "Need"] = {}  # each network is planned once in a process


@dataclass(frozen=True)
class Need:
    """Of one method at one batch size: numbers of parameters, and bytes at the peak of one step."""

    trained_parameters: int
    generator_parameters: int
    generator_bytes: int  # its weights; a file's header adds a few kB
    peak_bytes: int
    weights_bytes: int
    gradients_bytes: int
    optimizer_bytes: int
    activations_bytes: int


def predict(recipe: Recipe, batch_size: int, conditions: Conditions) -> Need:
    """What `recipe` needs, from one step on tensors that have shapes but no memory.

    A source is built untrained, as large as it will be. The peak is that of
    live tensors in a step that finds optimiser state, in each process; no network is allocated.
    Raises ValueError for a batch that can't be split as the conditions ask for.
    """
    conditions.check_batch(batch_size)
    bare = _bare(recipe)
    key = _key(bare, batch_size, conditions)
    if key not in _known:
        _known[key] = _predict(bare, batch_size, conditions)
    return _known[key]


def predict_side_by_side(asked: Iterable[tuple[Recipe, int, Conditions]]) -> None:
    """Let `predict` know these, each network once, one per core at a time; where processes can be forked.

    They cannot where this one has computed gradients, or anything on a GPU.
    """
    distinct = {
        _key(_bare(recipe), size, conditions): (_bare(recipe), size, conditions) for recipe, size, conditions in asked
    }
    if sys.platform != "linux" or len(distinct) < SIDE_BY_SIDE or torch.cuda.is_initialized():
        return
    from torch import _dynamo  # noqa: F401  (each process would import it)

    pool = ProcessPoolExecutor(min(cores(), len(distinct)), get_context("fork"))
    with pool, suppress(RuntimeError):
        _known.update(zip(distinct, pool.map(_predict, *zip(*distinct.values(), strict=True)), strict=True))


def _key(bare: Recipe, batch_size: int, conditions: Conditions) -> Any:
    """What memory depends on."""
    return _sizes(bare.method), replace(bare, method=None), batch_size, conditions


def _bare(recipe: Recipe) -> Recipe:
    """Without what says nothing about memory: with whose weights it starts, how long something waits, more batches."""
    start = replace(recipe.start, weights=(), wait=0.0, layers=0)
    source = recipe.source if start.teacher else None
    source = _bare(source) if isinstance(source, Recipe) else source
    return replace(recipe, method=recipe.method.shortest_step(), start=start, source=source)


def _sizes(section: Any) -> Any:
    """All of a method's section that memory may depend on: of rates and weights of terms, whether they are 0."""
    if is_dataclass(section):
        return type(section), *(_sizes(getattr(section, field.name)) for field in fields(section))
    return bool(section) if isinstance(section, float) else section


def _predict(recipe: Recipe, batch_size: int, conditions: Conditions) -> Need:
    with without_memory(conditions.precision) as device:
        # such networks can't be copied as `averaged` does it; its update is never the peak
        state = fresh_state(recipe, replace(conditions, ema_decay=0.0, device=device, compile=False))
        living = state.live
        if conditions.ema_decay and recipe.method.averages_generator:
            G = state.networks.G
            average = [torch.empty_like(tensor) for tensor in (*G.parameters(), *G.buffers())]

            def living() -> dict[str, list[Tensor]]:
                tensors = state.live()
                return tensors | {WEIGHTS: [*tensors[WEIGHTS], *average]}

        def step() -> None:
            recipe.method.step(state.networks, state.optimizers, share_of_noise, conditions.accumulation())

        share_of_noise = partial(noise, recipe.data, batch_size // conditions.processes, device)
        for optimizer in state.optimizers.values():
            _give_state(optimizer)
        with LiveBytes(living(), state.trainable()) as live:
            step()
        G = state.networks.G
        return Need(
            trained_parameters=count_parameters(state.networks.parts.values(), trained_only=True),
            generator_parameters=count_parameters((G,), trained_only=False),
            generator_bytes=sum(tensor.nbytes for tensor in G.state_dict().values()),
            peak_bytes=live.peak,
            weights_bytes=live.at_peak[WEIGHTS],
            gradients_bytes=live.at_peak[GRADIENTS],
            optimizer_bytes=live.at_peak[OPTIMIZER],
            activations_bytes=live.at_peak[ACTIVATIONS],
        )


def _give_state(optimizer: optim.Optimizer) -> None:
    """What it keeps from its first step on. Fused Adam refuses the meta device; its steps are in place."""
    fused = isinstance(optimizer, optim.Adam) and optimizer.defaults["fused"]
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.zeros_like(parameter)
            if fused:
                moments = {name: torch.zeros_like(parameter) for name in ("exp_avg", "exp_avg_sq")}
                optimizer.state[parameter] = {"step": torch.zeros(())} | moments
    if fused:
        optimizer.step = lambda closure=None: None  # pyright: ignore[reportAttributeAccessIssue]
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def fresh_state(recipe: Recipe, conditions: Conditions) -> State:
    """The state before the first step; a source is there, but untrained."""
    return begin(recipe, _source(recipe), conditions, kimg=0.0, seed=0)


def noise(data: DataFacts, batch_size: int, device: torch.device) -> Batch:
    """Noise in place of a batch of images, of labels too, at a time when nothing waits for anything any more."""
    real = torch.rand(batch_size, data.channels, data.size, data.size).mul(2).sub(1)
    labels = torch.arange(batch_size, device=device) % data.classes if data.classes else None
    return Batch(real.to(device), (0, LATE), labels=labels)


def _source(recipe: Recipe) -> Source | None:
    if not isinstance(recipe.source, PoolRecipe):
        return None if recipe.source is None else recipe.source.networks()
    n, data = recipe.source.images, recipe.data
    images = np.broadcast_to(np.uint8(0), (n, data.channels, data.size, data.size))
    return PooledTeacher(np.zeros((n, recipe.source.latent_size), np.float32), images)
