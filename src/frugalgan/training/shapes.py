"""Tensors that have shapes but no memory, on which a step is computed to learn what it would need."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch._prims_common import suggest_memory_format
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

CPU, META = torch.device("cpu"), torch.device("meta")


@contextmanager
def without_memory(precision: torch.dtype) -> Iterator[torch.device]:
    """New tensors have no memory; yields their device.

    In float32 this is PyTorch's meta device. In other precisions autocast chooses types, and the meta device has no
    autocast: there they are fake CPU tensors, which take several times as long.
    """
    if precision != torch.float32:
        with FakeTensorMode():
            yield CPU
    else:
        with META, Remembered():
            yield META


class Remembered(TorchDispatchMode):
    """On the meta device: what an operation makes of inputs of such shapes is worked out once.

    PyTorch does so in Python, which takes some hundred microseconds for a product.
    """

    known: ClassVar[dict[Hashable, Any]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func.namespace != "aten" or func.is_view or func._schema.is_mutable:  # its result is no new tensor
            return func(*args, **kwargs)
        key = func, _shapes(args), _shapes(tuple(kwargs.items()))
        if key not in self.known:
            result = _laid_out(func, args, func(*args, **kwargs))
            inputs = {tensor.untyped_storage()._cdata for tensor in _tensors((args, kwargs))}
            if all(tensor.is_meta and tensor.untyped_storage()._cdata not in inputs for tensor in _tensors(result)):
                self.known[key] = tree_map_only(Tensor, _Shape.of, result)
            return result
        return tree_map_only(_Shape, _Shape.tensor, self.known[key])


def _laid_out(func: Any, args: Any, result: Any) -> Any:
    """A convolution's result has its channels last where its input or its weights have; the meta device forgets it."""
    if func is torch.ops.aten.convolution.default and torch.channels_last in map(suggest_memory_format, args[:2]):
        return result.to(memory_format=torch.channels_last)
    return result


class _Shape(tuple[Any, ...]):
    """(size, strides, type) of a tensor."""

    @classmethod
    def of(cls, tensor: Tensor) -> "_Shape":
        return cls((tensor.shape, tensor.stride(), tensor.dtype))

    def tensor(self) -> Tensor:
        size, strides, dtype = self
        return torch.empty_strided(size, strides, dtype=dtype, device=META)


def _shapes(value: Any) -> Hashable:
    """All of an operation's inputs that its result's shape may depend on."""
    if isinstance(value, Tensor):
        return value.shape, value.stride(), value.dtype, value.device.type
    return tuple(map(_shapes, value)) if isinstance(value, (tuple, list)) else (type(value), value)


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]
