"""What each saving of section `training` does to one critic and one generator update, beside a plain implementation.

Seconds are medians of runs in turn, memory is the peak of live tensors.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

import torch
import typer
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from frugalgan.config.params import read_yaml
from frugalgan.config.presets import preset, with_preset
from frugalgan.config.study import MODELS, PARAMS, study
from frugalgan.data.batches import Batch
from frugalgan.methods.gan import Gan
from frugalgan.methods.losses import gradient_penalty
from frugalgan.networks.instance_norm import InstanceNorm2d
from frugalgan.networks.parts import CRITIC, GENERATOR
from frugalgan.training.job import job
from frugalgan.training.memory import LiveBytes
from frugalgan.training.prediction import fresh_state, noise
from frugalgan.training.state import Conditions, State

CPU = torch.device("cpu")
MODEL = "scratch"  # ordinary training
PLAIN = "as the thesis wrote it, float32"
MATRIX = 4096
MIB = 2**20


class _NoModules:
    """Counts are not kept apart by module: its hooks do not go with autograd.grad."""

    parents = frozenset({"Global"})

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


def plain_critic(state: State, batch: Batch, weight: float) -> None:
    """As the thesis wrote it: real and fake in two passes, the graph through G kept, one summed loss, float32."""
    G, D, optimizer = state.networks.G, state.networks.D, state.optimizers[CRITIC]
    optimizer.zero_grad(set_to_none=False)
    fake = G(batch.normal("critic", G.latent_size))
    penalty = gradient_penalty(D, batch.real, fake, batch.uniform("penalty"))
    loss = D(fake).mean() - D(batch.real).mean() + weight * penalty
    loss.backward()
    optimizer.step()


def plain_generator(state: State, batch: Batch) -> None:
    """One graph through both networks, gradients for the critic, too."""
    G, D, optimizer = state.networks.G, state.networks.D, state.optimizers[GENERATOR]
    optimizer.zero_grad(set_to_none=False)
    (-D(G(batch.normal("generator", G.latent_size)))).mean().backward()
    optimizer.step()


def use_torchs_norms(state: State) -> None:
    """PyTorch's own instance normalisation in place of ours, with the same weights."""
    for module in state.networks.D.modules():
        if isinstance(module, InstanceNorm2d):
            module.__class__ = nn.InstanceNorm2d  # pyright: ignore[reportAttributeAccessIssue]


@dataclass(frozen=True)
class Row:
    """One way to take a step of ordinary training."""

    critic: Callable[[State, Batch], object]
    generator: Callable[[State, Batch], object]
    conditions: Conditions


def rows_of(method: Gan, weight: float) -> dict[str, Row]:
    """A plain implementation, ours, and ours with each saving on or off."""
    base = Conditions(CPU, torch.float32, 0.0)
    bf16 = replace(base, precision=torch.bfloat16)

    def ours(conditions: Conditions) -> Row:
        gathered = conditions.accumulation()
        return Row(
            lambda state, batch: method.update_critic(state.networks, state.optimizers[CRITIC], batch, gathered),
            lambda state, batch: method.update_generator(state.networks, state.optimizers[GENERATOR], batch, gathered),
            conditions,
        )

    return {
        PLAIN: Row(partial(plain_critic, weight=weight), plain_generator, base),
        "frugalgan, float32": ours(base),
        "… term_by_term: false": ours(replace(base, term_by_term=False)),
        "frugalgan, bf16": ours(bf16),
        "… critic_parts: 2": ours(replace(bf16, critic_parts=2)),
        "… critic_parts: 4": ours(replace(bf16, critic_parts=4)),
        "… recompute": ours(replace(bf16, recompute=True)),
        "… critic_parts: 4, recompute": ours(replace(bf16, critic_parts=4, recompute=True)),
        "… accumulate: 4": ours(replace(bf16, accumulate=4)),
        "… channels_last": ours(replace(bf16, channels_last=True)),
    }


def seconds_of(function: Callable[[], object]) -> float:
    """Seconds of one call."""
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def products_per_second(dtype: torch.dtype) -> float:
    """FLOP/s of the product of two square matrices, the best of three."""
    a = torch.randn(MATRIX, MATRIX).to(dtype)
    torch.mm(a, a)
    return 2 * MATRIX**3 / min(seconds_of(lambda: torch.mm(a, a)) for _ in range(3))


def flops_of(function: Callable[[], object]) -> int:
    """Floating-point operations of matrix products and convolutions."""
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = _NoModules()  # pyright: ignore[reportAttributeAccessIssue]
    with counter:
        function()
    return counter.get_total_flops()


def peak_of(state: State, function: Callable[[], object]) -> float:
    """MiB at the peak of one call."""
    with LiveBytes(state.live(), state.trainable()) as live:
        function()
    return live.peak / MIB


def main(
    name: Annotated[str, typer.Option("--preset", help="whose widths and image size are taken")] = "paper",
    batch_size: Annotated[int, typer.Option("--batch", help="images per update")] = 32,
    repeats: Annotated[int, typer.Option(help="runs of each, in turn")] = 3,
) -> None:
    """Seconds (and how many times as fast as plain), peak memory (MiB), and the critic's GFLOP/s; on the CPU."""
    raw = read_yaml(PARAMS)
    recipe = job(study(with_preset(raw, preset(name, raw)), read_yaml(MODELS)), MODEL).recipe
    method = recipe.method
    assert isinstance(method, Gan)
    batch = noise(recipe.data, batch_size, CPU)
    rows = rows_of(method, getattr(method, "gradient_penalty", 0.0))
    # One state at a time: ten of the paper's networks would not fit into memory.
    peaks: dict[str, tuple[float, float]] = {}
    flops: dict[str, int] = {}
    seconds: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in rows}
    for turn in range(repeats):
        for way, row in rows.items():
            state = fresh_state(recipe, row.conditions)
            if way == PLAIN:
                use_torchs_norms(state)
            critic, generator = partial(row.critic, state, batch), partial(row.generator, state, batch)
            critic()
            generator()
            if turn == 0:
                flops[way] = flops_of(critic)
                peaks[way] = peak_of(state, critic), peak_of(state, generator)
            for taken, update in zip(seconds[way], (critic, generator), strict=True):
                taken.append(seconds_of(update))
    typer.echo(f"{'':32} {'critic':^36} {'generator':^26}  critic")
    plain = [statistics.median(taken) for taken in seconds[PLAIN]]
    for way in rows:
        shown = ""
        for i, taken in enumerate(seconds[way]):
            median = statistics.median(taken)
            shown += f"{median:8.3f} s {plain[i] / median:5.2f} × {peaks[way][i]:6.0f} MiB  "
        typer.echo(f"{way:32} {shown} {flops[way] / statistics.median(seconds[way][0]) / 1e9:5.0f} GFLOP/s")
    for dtype in (torch.float32, torch.bfloat16):
        typer.echo(f"matrix products, {dtype!s:15} {products_per_second(dtype) / 1e9:73.0f} GFLOP/s")


if __name__ == "__main__":
    typer.run(main)
