"""Gradient accumulation: how an update's gradients are gathered, equal for all methods. It decides memory and time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import gcd

from torch import Tensor, optim

# Named scalars: terms, whose sum is minimised, and numbers without a gradient, which are only recorded.
Terms = Iterator[tuple[str, Tensor]]


def identity(gradient: Tensor) -> Tensor:
    """The mean over the processes where there is one."""
    return gradient


@dataclass(frozen=True)
class Accumulation:
    """The choices of section `training` that a step has to follow.

    Of them only `accumulate` changes an update, and only where a network has batch statistics or a loss compares images
    of a batch.
    """

    accumulate: int  # parts of a batch that go through both networks one after the other
    critic_parts: int  # parts in which the critic alone sees each of these
    term_by_term: bool  # each term's graph is freed before the next term is computed, gradients after the update
    mean_of_processes: Callable[[Tensor], Tensor] = identity

    def pieces(self, batch_size: int, group: int) -> int:
        """In how many pieces the critic sees each part of a batch: `critic_parts`, or fewer where these would cut
        groups of images that it compares with each other."""
        n = batch_size // self.accumulate
        whole = [count for count in range(1, self.critic_parts + 1) if n % (count * gcd(n, group)) == 0]
        return max(count for count in whole if self.critic_parts % count == 0)

    def update(self, *optimizers: optim.Optimizer, parts: int) -> "Update":
        """A new update of the parameters that `optimizers` have, on a batch that comes in `parts`."""
        return Update(self, optimizers, parts)


class Update:
    """One optimiser step: terms are added part by part, then `finish` takes the step."""

    def __init__(self, accumulation: Accumulation, optimizers: Sequence[optim.Optimizer], parts: int) -> None:
        self.accumulation, self.optimizers, self.parts = accumulation, optimizers, parts
        self._values: dict[str, Tensor] = {}
        self._zero()

    def add(self, terms: Terms, inputs: Sequence[Tensor], *, shared: bool = False) -> None:
        """Add one part's terms; their gradients reach `inputs` only, as a share of the mean over all parts.

        `shared`: the terms have a graph in common, which is backpropagated once for all of them.
        """
        summed = None
        for name, loss in terms:
            share = loss / self.parts
            if not share.requires_grad:  # a lazy penalty that is not due, or a number to be recorded
                pass
            elif self.accumulation.term_by_term and not shared:
                share.backward(inputs=inputs)
            else:
                summed = share if summed is None else summed + share
            self._values[name] = self._values.get(name, 0) + share.detach()
        if summed is not None:
            summed.backward(inputs=inputs)

    def add_once(self, name: str, loss: Tensor, inputs: Sequence[Tensor]) -> None:
        """Add a term that no part of the batch has a share in: equal for all parts and processes."""
        if loss.requires_grad:
            loss.backward(inputs=inputs)
        self._values[name] = loss.detach()

    def finish(self) -> dict[str, Tensor]:
        """Average the gradients over the processes and take the step; the value of each term, of this process."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        parameter.grad = self.accumulation.mean_of_processes(parameter.grad)
            optimizer.step()
        if self.accumulation.term_by_term:
            self._zero()
        return self._values

    def _zero(self) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
