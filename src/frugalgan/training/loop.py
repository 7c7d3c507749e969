"""The training loop: one for all methods. It knows no loss and asks no method who it is."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from tqdm import tqdm

from frugalgan.dataset import Batch, Images
from frugalgan.descent import Descent
from frugalgan.methods.base import Method
from frugalgan.training.state import State
from frugalgan.training.watch import Watch


@dataclass(frozen=True)
class Budget:
    """How long to train: `steps` steps of the method on batches of `batch_size` images."""

    steps: int
    batch_size: int

    @classmethod
    def of_epochs(cls, method: Method, epochs: float, batch_size: int) -> "Budget":
        """`epochs` of the method's own epochs; at least one step."""
        steps = round(epochs * method.epoch_batches / method.batches_per_step)
        return cls(max(1, steps) if epochs else 0, batch_size)

    def kimg(self, method: Method) -> float:
        """Thousands of real images that are seen."""
        return self.steps * method.batches_per_step * self.batch_size / 1000


def train(
    state: State,
    method: Method,
    images: Images,
    budget: Budget,
    watch: Watch,
    descent: Descent,
    after_step: Callable[[State, Watch], None] = lambda state, watch: None,
) -> None:
    """Train until `budget` is spent, from where `state` and `watch` are. Raises NonFiniteLoss (from `watch`).

    Every random number is a function of (seed, images seen), so equal arguments give equal weights. Of several
    processes each has its share of every batch (in `images`), and all take the same steps.
    """

    def next_batch() -> Batch:
        with watch.loading():
            batch = images.batch(state.nimg, budget.batch_size)
        state.nimg += budget.batch_size
        return batch

    def step() -> dict[str, Tensor]:
        losses = method.step(state.networks, state.optimizers, next_batch, descent)
        if state.ema is not None:
            state.ema.update_parameters(state.networks.G)
        return losses

    progress = tqdm(
        total=budget.kimg(method),
        initial=state.nimg / 1000,
        desc=watch.name,
        mininterval=1,
        bar_format="{desc}: {percentage:3.0f}%|{bar}| {n:.2f}/{total:.2f} kimg [{elapsed}<{remaining}{postfix}]",
        disable=images.rank > 0,
    )
    with progress:
        if not watch.done:
            watch.moment(state.networks.G, state.ema)
        while watch.done < budget.steps:
            with watch.timed():
                # The second step is the first that finds optimiser state in memory; by the last, all that waits at
                # first is training.
                losses = watch.memory(step, state) if watch.done + 1 in (2, budget.steps) else step()
            if watch.record(state.nimg, losses):
                progress.set_postfix(watch.shown())
            progress.update(state.nimg / 1000 - progress.n)
            if watch.is_moment():
                watch.moment(state.networks.G, state.ema)
            after_step(state, watch)
