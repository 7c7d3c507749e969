"""What a training run will need, known before it starts: parameters, memory, seconds."""

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from frugalgan.dataset import Batch
from frugalgan.methods.base import Method, Shape
from frugalgan.training.cost import ACTIVATIONS, GRADIENTS, OPTIMIZER, WEIGHTS, LiveBytes, count_parameters
from frugalgan.training.state import State, start

CPU = torch.device("cpu")
UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "KB": 10**3, "MB": 10**6, "GB": 10**9}
TIMED_STEPS = 3


class PlanError(ValueError):
    """What was asked for cannot be planned; the message says what is possible."""


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


@cache
def predict(method: Method, shape: Shape, batch_size: int, precision: torch.dtype, ema_decay: float) -> Need:
    """What `method` needs, from one step on tensors that have shapes but no memory (FakeTensorMode).

    A method that starts or learns from a trained model gets one of ordinary training's shape. The peak is that of
    live tensors in the second step, when optimiser state is there; no network is allocated.
    """
    method = replace(method, n_critic=1)  # every critic update needs the same
    with FakeTensorMode():
        state = _state(method, shape, precision, 0.0, CPU)
        living = state.live
        if ema_decay:  # fake networks can't be copied as `averaged` does it; its update is never the peak
            G = state.networks.G
            average = [torch.empty_like(tensor) for tensor in (*G.parameters(), *G.buffers())]

            def living() -> dict[str, list[Tensor]]:
                tensors = state.live()
                return tensors | {WEIGHTS: [*tensors[WEIGHTS], *average]}

        batches = _fake_batches(batch_size, shape.image_size)
        method.step(state.networks, state.optimizers, batches)
        with LiveBytes(living(), state.trained()) as live:
            method.step(state.networks, state.optimizers, batches)
        G, D = state.networks.G, state.networks.D
        return Need(
            trained_parameters=count_parameters((G, D), trained_only=True),
            generator_parameters=count_parameters((G,), trained_only=False),
            generator_bytes=sum(tensor.nbytes for tensor in G.state_dict().values()),
            peak_bytes=live.peak,
            weights_bytes=live.at_peak[WEIGHTS],
            gradients_bytes=live.at_peak[GRADIENTS],
            optimizer_bytes=live.at_peak[OPTIMIZER],
            activations_bytes=live.at_peak[ACTIVATIONS],
        )


def seconds_per_step(
    method: Method, shape: Shape, batch_size: int, precision: torch.dtype, ema_decay: float, device: torch.device
) -> float:
    """Median seconds of real steps of `method` on this machine, after one to warm up; on noise in place of images."""
    state = _state(method, shape, precision, ema_decay, device)
    seconds = []
    for _ in range(1 + TIMED_STEPS):
        begun = time.perf_counter()
        method.step(state.networks, state.optimizers, _noise_batches(batch_size, shape.image_size, device))
        if state.ema is not None:
            state.ema.update_parameters(state.networks.G)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[1:])


def largest_batch(needs: Callable[[int], Need], memory: int) -> int:
    """The largest batch whose peak is within `memory` bytes; 0 where not even 1 is. Peaks grow with the batch."""
    least = needs(1).peak_bytes
    if least > memory:
        return 0
    fits, too_large, probe = 1, None, 64
    while too_large is None or too_large - fits > 1:
        peak = needs(probe).peak_bytes
        fits, too_large = (probe, too_large) if peak <= memory else (fits, probe)
        # bytes grow with the batch almost along a line, so the next guess is nearly right
        per_image = max(1.0, (peak - least) / (probe - 1))
        probe = max(fits + 1, 1 + int((memory - least) / per_image))
        if too_large is not None:
            probe = min(probe, too_large - 1)
    return fits


def bytes_of(text: str) -> int:
    """`6GiB` or `500 MB` in bytes. Raises PlanError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]i?B)", text.strip())
    if not match or not float(match[1]):
        raise PlanError(f"--memory {text!r}: must be a positive number and a unit of {', '.join(UNITS)}, such as 6GiB")
    return int(float(match[1]) * UNITS[match[2]])


def _state(method: Method, shape: Shape, precision: torch.dtype, ema_decay: float, device: torch.device) -> State:
    source = Method.build(method, shape, None)  # ordinary networks: what a trained model to start from looks like
    return start(method, shape, source, seed=0, device=device, precision=precision, ema_decay=ema_decay)


def _fake_batches(batch_size: int, image_size: int) -> Callable[[], Batch]:
    return lambda: Batch(torch.empty(batch_size, 3, image_size, image_size), torch.Generator())


def _noise_batches(batch_size: int, image_size: int, device: torch.device) -> Callable[[], Batch]:
    real = torch.rand(batch_size, 3, image_size, image_size).mul(2).sub(1).to(device)
    return lambda: Batch(real, torch.Generator())
