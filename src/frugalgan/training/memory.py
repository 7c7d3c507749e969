"""What training costs: memory, parameters."""

import weakref
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor, nn, optim
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

WEIGHTS, GRADIENTS, OPTIMIZER, ACTIVATIONS = "weights", "gradients", "optimizer", "activations"


class LiveBytes(TorchDispatchMode):
    """Counts the bytes of live tensor storages while the mode is on; each storage counts once.

    `peak` is their largest sum, `at_peak` what it consisted of: weights (parameters and buffers), gradients of
    parameters, optimiser state, and activations: all the rest. On the CPU this is what
    `torch.cuda.max_memory_allocated` is on a GPU, less workspaces that operators free before they return.
    """

    def __init__(self, living: Mapping[str, Iterable[Tensor]], trained: Iterable[nn.Parameter]) -> None:
        """`living`: tensors that lived before, by kind. `trained`: parameters whose gradients are told apart."""
        super().__init__()
        self._alive: dict[int, tuple[int, str]] = {}
        self._live: Counter[str] = Counter()
        self.peak = 0
        self.at_peak: dict[str, int] = dict.fromkeys((WEIGHTS, GRADIENTS, OPTIMIZER, ACTIVATIONS), 0)
        self._trained = list(trained)
        for kind, tensors in living.items():
            for tensor in tensors:
                self._add(tensor, kind)

    def __enter__(self) -> "LiveBytes":
        self._hooks = [p.register_post_accumulate_grad_hook(self._is_gradient) for p in self._trained]
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        for hook in self._hooks:
            hook.remove()
        super().__exit__(*error)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, Tensor):
                self._add(value, ACTIVATIONS)
        return result

    def _add(self, tensor: Tensor, kind: str) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._alive:
            return
        self._alive[key] = storage.nbytes(), kind
        self._live[kind] += storage.nbytes()
        weakref.finalize(storage, self._remove, key).atexit = False
        self._note()

    def _note(self) -> None:
        if self._live.total() >= self.peak:
            self.peak = self._live.total()
            self.at_peak |= self._live

    def _is_gradient(self, parameter: Tensor) -> None:
        if parameter.grad is None:
            return
        key = parameter.grad.untyped_storage()._cdata
        if key in self._alive:
            size, kind = self._alive[key]
            self._alive[key] = size, GRADIENTS
            self._live[kind] -= size
            self._live[GRADIENTS] += size
            self._note()

    def _remove(self, key: int) -> None:
        size, kind = self._alive.pop(key)
        self._live[kind] -= size


def state_tensors(modules: Iterable[nn.Module], optimizers: Iterable[optim.Optimizer]) -> dict[str, list[Tensor]]:
    """The tensors that live between two steps: weights and buffers, and optimiser state."""
    return {
        WEIGHTS: [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())],
        OPTIMIZER: [
            tensor
            for optimizer in optimizers
            for state in optimizer.state.values()
            for tensor in state.values()
            if isinstance(tensor, Tensor)
        ],
    }


def count_parameters(modules: Iterable[nn.Module], *, trained_only: bool) -> int:
    """Numbers in the parameters of `modules`."""
    return sum(p.numel() for m in modules for p in m.parameters() if p.requires_grad or not trained_only)
