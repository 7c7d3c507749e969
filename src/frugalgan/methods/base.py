"""The interface of a training method. A method overrides the hooks in which it differs, and nothing else."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Self

from pydantic.dataclasses import dataclass
from torch import Tensor, optim

from frugalgan.config.sections import STRICT, Beta, Positive
from frugalgan.data.batches import Batch
from frugalgan.data.facts import DataFacts
from frugalgan.methods.gradients import Accumulation, Terms
from frugalgan.networks import Family, Network
from frugalgan.networks.parts import Networks, trainable

Optimizers = Mapping[str, optim.Optimizer]  # of each part of the networks


@dataclass(frozen=True, config=STRICT)
class Method:
    """A method; its fields are its section of params.yaml. Immutable: all that changes is in the training state.

    Hooks with a default: `optimizer` of a part (Adam) and its `learning_rate_of`, `ema_decay`, `batches_per_step`,
    `period`, `heldout_terms`, `check`, and for planning `shortest_step`. Without one: `build`, and `terms` of
    a loss that all parts share, or a `step` of its own.
    """

    learning_rate: Positive
    beta1: Beta
    beta2: Beta

    has_heldout_terms: ClassVar[bool] = False  # whether `heldout_terms` yields anything
    needs_teacher: ClassVar[bool] = False  # whether it learns from another model's images
    averages_generator: ClassVar[bool] = True  # whether a running average of the generator makes sense

    @property
    def batches_per_step(self) -> int:
        """How many batches of real images a step sees."""
        return 1

    @property
    def period(self) -> int:
        """After how many steps, at most, the schedule of lazy penalties repeats."""
        return 1

    def shortest_step(self) -> Self:
        """The same method with a step that sees as few batches as it can, and needs as much memory."""
        return self

    def build(self, family: Family, data: DataFacts) -> Networks:
        """Networks of that family with their initial weights, for images as `data` says."""
        raise NotImplementedError

    def check(self, networks: Networks) -> None:
        """Raise ValueError where networks do not offer what the method's section asks of them. Default: nothing."""

    def ema_decay(self, images: int, decay: float) -> float:
        """Of the generator's running average, per step, for batches of so many images; `decay` is that of section
        `training`, the default."""
        return decay

    def learning_rate_of(self, part: str) -> float:
        """Of one part of the networks, by name. Default: equal for all."""
        return self.learning_rate

    def optimizer(self, part: str, network: Network) -> optim.Optimizer:
        """What trains one part of the networks. Default: Adam."""
        return adam(network, self.learning_rate_of(part), (self.beta1, self.beta2))

    def optimizers(self, networks: Networks) -> Optimizers:
        """One per part."""
        return {part: self.optimizer(part, network) for part, network in networks.parts.items()}

    def step(
        self,
        networks: Networks,
        optimizers: Optimizers,
        next_batch: Callable[[], Batch],
        accumulation: Accumulation,
    ) -> dict[str, Tensor]:
        """One step on `batches_per_step` batches, which `next_batch` gives; returns the last value of each term.

        Default: one update of all parts on one batch, by `terms`.
        """
        for network in networks.parts.values():
            network.next_update()
        update = accumulation.update(*optimizers.values(), parts=accumulation.accumulate)
        for part in next_batch().split(accumulation.accumulate):
            update.add(self.terms(networks, part), networks.trainable(), shared=True)
        return update.finish()

    def terms(self, networks: Networks, batch: Batch) -> Terms:
        """Yield the terms of the loss of the default `step`, which have a graph in common."""
        raise NotImplementedError

    def heldout_terms(self, networks: Networks, batch: Batch) -> Terms:
        """Yield named losses on held-out images, where they say anything, without changing anything."""
        yield from ()


def adam(network: Network, learning_rate: float, betas: tuple[float, float]) -> optim.Optimizer:
    """Adam on what training changes of a network."""
    # fused: one pass over the weights, without temporary copies of them
    return optim.Adam(trainable(network), lr=learning_rate, betas=betas, fused=True)
