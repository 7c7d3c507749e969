"""What a step of training needs, known before it is taken: parameters, and memory by kind."""

from dataclasses import dataclass, replace
from functools import cache, partial

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from frugalgan.dataset import Batch
from frugalgan.methods.base import Method, Shape
from frugalgan.training.cost import ACTIVATIONS, GRADIENTS, OPTIMIZER, WEIGHTS, LiveBytes, count_parameters
from frugalgan.training.state import Conditions, State, start

CPU = torch.device("cpu")
LATE = 2**40  # images seen


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
def predict(method: Method, shape: Shape, batch_size: int, conditions: Conditions) -> Need:
    """What `method` needs, from one step on tensors that have shapes but no memory (FakeTensorMode).

    A method that starts or learns from a trained model gets one of ordinary training's shape. The peak is that of
    live tensors in the second step, when optimiser state is there, in each process; no network is allocated.
    Raises ValueError for a batch that can't be split as the conditions ask for.
    """
    conditions.check_batch(batch_size)
    method = method.shortest_step()
    with FakeTensorMode():
        # fake networks can't be copied as `averaged` does it; its update is never the peak
        state = fresh_state(method, shape, replace(conditions, ema_decay=0.0, device=CPU, compile=False))
        living = state.live
        if conditions.ema_decay:
            G = state.networks.G
            average = [torch.empty_like(tensor) for tensor in (*G.parameters(), *G.buffers())]

            def living() -> dict[str, list[Tensor]]:
                tensors = state.live()
                return tensors | {WEIGHTS: [*tensors[WEIGHTS], *average]}

        def step() -> None:
            method.step(state.networks, state.optimizers, share_of_noise, conditions.descent())

        share_of_noise = partial(noise, shape, batch_size // conditions.processes, CPU)
        step()
        with LiveBytes(living(), state.trained()) as live:
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


def fresh_state(method: Method, shape: Shape, conditions: Conditions) -> State:
    """The state before the first step; a method that needs a trained model gets an untrained one as large."""
    return start(method, shape, method.stand_in(shape), conditions, seed=0)


def noise(shape: Shape, batch_size: int, device: torch.device) -> Batch:
    """Noise in place of a batch of images, of labels too, at a time when nothing waits for anything any more."""
    real = torch.rand(batch_size, shape.channels, shape.image_size, shape.image_size).mul(2).sub(1)
    labels = torch.arange(batch_size, device=device) % shape.classes if shape.classes else None
    return Batch(real.to(device), (0, LATE), labels=labels)
