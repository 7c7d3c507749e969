"""One critic update at the paper's widths: as the thesis wrote it, and ours, beside the machine's matrix products."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated

import torch
import typer
from torch.utils.flop_counter import FlopCounterMode

from frugalgan import params
from frugalgan.dataset import Batch
from frugalgan.losses import gradient_penalty
from frugalgan.methods.base import Shape, descend
from frugalgan.pipeline import planned
from frugalgan.training.cost import LiveBytes
from frugalgan.training.state import Conditions, State, start

CPU = torch.device("cpu")
MATRIX = 4096


class _NoModules:
    """Counts are not kept apart by module."""

    parents = frozenset({"Global"})

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


def as_the_thesis_wrote_it(state: State, batch: Batch, weight: float) -> None:
    """Real and fake in two passes, the graph through G kept, one summed loss, float32."""
    G, D, optimizer = state.networks.G, state.networks.D, state.optimizers.D
    optimizer.zero_grad()
    fake = G(batch.normal(G.arguments["latent_size"]))
    penalty = gradient_penalty(D, batch.real, fake, batch.uniform())
    loss = D(fake).mean() - D(batch.real).mean() + weight * penalty
    loss.backward()
    optimizer.step()


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


def main(
    batch_size: Annotated[int, typer.Option("--batch", help="images per update")] = 32,
    repeats: Annotated[int, typer.Option(help="runs of each, alternating")] = 5,
) -> None:
    """Median seconds, peak memory (MiB of live tensors), and FLOP/s; bfloat16 autocast whatever the processor."""
    p = params.load(scale="paper")
    method, shape = planned(p, "scratch").method, Shape.of(p)
    weight = getattr(method, "gradient_penalty", 0.0)
    real = torch.rand(batch_size, 3, shape.image_size, shape.image_size) * 2 - 1

    def ours(state: State) -> None:
        batch = Batch(real, torch.Generator().manual_seed(0))
        descend(state.optimizers.D, state.networks.D, partial(method.critic_terms, state.networks), [batch])

    def theirs(state: State) -> None:
        as_the_thesis_wrote_it(state, Batch(real, torch.Generator().manual_seed(0)), weight)

    rows: dict[str, tuple[Callable[[State], None], torch.dtype]] = {
        "as the thesis wrote it, float32": (theirs, torch.float32),
        "frugalgan, float32": (ours, torch.float32),
        "frugalgan, bfloat16": (ours, torch.bfloat16),
    }
    states = {
        name: start(method, shape, None, Conditions(CPU, dtype, 0.0), seed=0) for name, (_, dtype) in rows.items()
    }
    flops, peaks, seconds = {}, {}, {name: [] for name in rows}
    for name, (step, _) in rows.items():
        counter = FlopCounterMode(display=False)
        # module hooks do not go with autograd.grad
        counter.mod_tracker = _NoModules()  # pyright: ignore[reportAttributeAccessIssue]
        with counter:
            step(states[name])
        flops[name] = counter.get_total_flops()
        with LiveBytes(states[name].live(), states[name].trained()) as live:
            step(states[name])
        peaks[name] = live.peak
    for _ in range(repeats):
        for name, (step, _) in rows.items():
            seconds[name].append(seconds_of(partial(step, states[name])))
    usual = statistics.median(seconds["as the thesis wrote it, float32"])
    for name in rows:
        median = statistics.median(seconds[name])
        typer.echo(
            f"{name:32} {median:7.3f} s  {usual / median:5.2f} times as fast  {peaks[name] / 2**20:7.0f} MiB  "
            f"{flops[name] / median / 1e9:6.0f} GFLOP/s"
        )
    for dtype in (torch.float32, torch.bfloat16):
        typer.echo(f"matrix products, {dtype!s:22} {products_per_second(dtype) / 1e9:6.0f} GFLOP/s")


if __name__ == "__main__":
    typer.run(main)
