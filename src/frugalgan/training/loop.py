"""The training loop: one for all methods. It knows no loss, and never asks which method runs."""

from collections.abc import Callable

from torch import Tensor
from tqdm import tqdm

from frugalgan.data.batches import Batch, Images
from frugalgan.methods.base import Method
from frugalgan.methods.gradients import Accumulation
from frugalgan.training.record import Recorder
from frugalgan.training.state import State


def train(
    state: State,
    method: Method,
    images: Images,
    batch_size: int,
    recorder: Recorder,
    accumulation: Accumulation,
    after_step: Callable[[State, Recorder], None] = lambda state, recorder: None,
) -> None:
    """Take the steps that `recorder` has not seen yet, from where `state` is. Raises NonFiniteLoss (from `recorder`).

    `batch_size`: images in each batch, of which a step may take several. Every random number is a function of (seed,
    images seen), so equal arguments give equal weights. Of several processes each has its share of every batch (in
    `images`), and all take the same steps.
    """

    def next_batch() -> Batch:
        with recorder.loading():
            batch = images.batch(state.nimg, batch_size)
        state.nimg += batch_size
        return batch

    def step() -> dict[str, Tensor]:
        losses = method.step(state.networks, state.optimizers, next_batch, accumulation)
        if state.ema is not None:
            state.ema.update_parameters(state.networks.G)
        return losses

    progress = tqdm(
        total=recorder.steps * method.batches_per_step * batch_size / 1000,
        initial=state.nimg / 1000,
        desc=recorder.name,
        mininterval=1,
        bar_format="{desc}: {percentage:3.0f}%|{bar}| {n:.2f}/{total:.2f} kimg [{elapsed}<{remaining}{postfix}]",
        disable=images.rank > 0,
    )
    with progress:
        if not recorder.done:
            recorder.moment(state.networks.G, state.ema)
        while recorder.done < recorder.steps:
            with recorder.timed():
                # The second step is the first that finds optimiser state in memory; of lazy penalties that after a
                # period; by the last, all that waits at first is training.
                heavy = recorder.done + 1 in (2, method.period + 1, recorder.steps)
                losses = recorder.memory(step, state) if heavy else step()
            if recorder.record(state.nimg, losses):
                progress.set_postfix(recorder.shown())
            progress.update(state.nimg / 1000 - progress.n)
            if recorder.is_moment():
                recorder.moment(state.networks.G, state.ema)
            after_step(state, recorder)
