"""What training costs: memory, seconds, parameters."""

import weakref
from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn, optim
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):
    """Counts the bytes of live tensor storages; `peak` is their largest sum while the mode was on.

    Tensors that lived before are counted if they are passed to `__init__`; each storage counts once. On the CPU
    this is what `torch.cuda.max_memory_allocated` is on a GPU, less workspaces that operators free before they return.
    """

    def __init__(self, living: Iterable[Tensor]) -> None:
        super().__init__()
        self._alive: dict[int, int] = {}
        self._live = self.peak = 0
        for tensor in living:
            self._add(tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, Tensor):
                self._add(value)
        return result

    def _add(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._alive:
            return
        self._alive[key] = storage.nbytes()
        self._live += storage.nbytes()
        self.peak = max(self.peak, self._live)
        weakref.finalize(storage, self._remove, key).atexit = False

    def _remove(self, key: int) -> None:
        self._live -= self._alive.pop(key)


def state_tensors(modules: Iterable[nn.Module], optimizers: Iterable[optim.Optimizer]) -> list[Tensor]:
    """Weights, buffers, gradients and optimiser state: the tensors that live between two steps."""
    tensors: list[Tensor] = []
    for module in modules:
        tensors += [*module.parameters(), *module.buffers()]
        tensors += [p.grad for p in module.parameters() if p.grad is not None]
    for optimizer in optimizers:
        tensors += [t for state in optimizer.state.values() for t in state.values() if isinstance(t, Tensor)]
    return tensors


def count_parameters(modules: Iterable[nn.Module], *, trained_only: bool) -> int:
    """Numbers in the parameters of `modules`."""
    return sum(p.numel() for m in modules for p in m.parameters() if p.requires_grad or not trained_only)
