"""Which device and which precision: what section `training` asks for, on this machine."""

import platform
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch


def choose_device(name: str) -> torch.device:
    """cpu, cuda, or auto: CUDA where there is one. Raises ValueError."""
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device: cuda is not available here; set it to cpu or auto")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """float32, bf16, or auto: bfloat16 where the hardware multiplies it. Raises ValueError where it does not."""
    if name == "float32":
        return torch.float32
    has_bf16 = (
        torch.cuda.get_device_capability(device) >= (8, 0)
        if device.type == "cuda"
        else torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    )
    if name == "bf16" and not has_bf16:
        raise ValueError(
            f"training.precision: this {device.type} does not multiply bf16; set it to float32, or to auto, which "
            "takes bf16 where the hardware has it"
        )
    return torch.bfloat16 if has_bf16 else torch.float32


def autocast(precision: torch.dtype, device: torch.device) -> Callable[[], AbstractContextManager[Any]]:
    """What networks compute in: bfloat16 where PyTorch finds it safe, or float32 throughout."""
    if precision == torch.float32:
        return nullcontext
    return partial(torch.autocast, device.type, dtype=precision)


def device_name(device: torch.device) -> str:
    """The device as its maker calls it, with the number of threads on a CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads"
