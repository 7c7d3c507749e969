"""Which device and which precision: what section `training` asks for, on this machine."""

import os
import platform
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch

# What PyTorch says where there is none.
ABSENT = re.compile(r"no NVIDIA driver|No (CUDA|HIP) GPUs|for CPUs alone")


class DeviceError(ValueError):
    """A device that there is not, or that cannot be used; the message says why, and the cure."""


def choose_device(name: str) -> torch.device:
    """cpu, cuda, cuda:N, mps (an Apple GPU), or auto: CUDA where it can be used, else the CPU. Raises DeviceError."""
    if name == "mps":
        if trouble := _mps_trouble():
            raise DeviceError(f"device: mps cannot be used here: {trouble}; set it to cpu or auto")
        return torch.device("mps")
    if name == "cpu" or (name == "auto" and cuda_trouble("cuda")):
        return torch.device("cpu")
    device = "cuda" if name == "auto" else name
    if trouble := cuda_trouble(device):
        raise DeviceError(f"device: {name} cannot be used here: {trouble}; set it to cpu or auto")
    return torch.device(device)


def choose_device_aloud(name: str) -> torch.device:
    """The same; where auto takes the CPU although there is a GPU, one line on stderr says why."""
    device = choose_device(name)
    if name == "auto" and (why := unusable_gpu()):
        print(f"device: auto takes the CPU: {why}", file=sys.stderr)
    return device


def why_device(name: str, device: torch.device) -> str:
    """Why it is this device, where somebody might have expected another; "" where nobody would."""
    if name != "auto" or device.type != "cpu":
        return ""
    if why := unusable_gpu():
        return why
    if not _mps_trouble():
        return "auto does not take Apple's GPU, which was not measured; device: mps does"
    return "no GPU here"


def unusable_gpu() -> str:
    """Of a GPU that is there and cannot be used, why; "" where it can be used, or there is none."""
    trouble = cuda_trouble("cuda")
    if not trouble or (ABSENT.search(trouble) and not _has_nvidia_gpu()):
        return ""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    return f"the GPU here cannot be used: {trouble}" + (
        "" if hidden is None else f" (CUDA_VISIBLE_DEVICES is set, to {hidden!r})"
    )


def cuda_trouble(device: str) -> str:
    """Why `device` (cuda, cuda:N) cannot be used, in one sentence; "" where it can be, which one operation tells."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        available = torch.cuda.is_available()
    if not available:
        return _why_no_cuda([str(warning.message) for warning in warned])
    count, number = torch.cuda.device_count(), torch.device(device).index or 0
    if number >= count:
        there = "cuda:0" if count == 1 else f"cuda:0 to cuda:{count - 1}"
        return f"there is no such GPU, but {there}"
    try:
        with warnings.catch_warnings(action="ignore"):
            torch.ones(2, device=device).sum().item()
    except RuntimeError as error:
        return _sentence(error)
    return ""


def _why_no_cuda(warned: list[str]) -> str:
    if torch.version.cuda is None and torch.version.hip is None:
        built = f"this PyTorch ({torch.__version__}) is built for CPUs alone"
        return f"{built}: install one with CUDA" if _has_nvidia_gpu() else built
    if warned:
        return _sentence(warned[0])
    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:
        return _sentence(error)
    return "PyTorch does not find it"


def _sentence(message: object) -> str:
    """The first sentence of what PyTorch says, and where it goes on in the same line, without the full stop."""
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else "PyTorch does not say why"


def _has_nvidia_gpu() -> bool:
    """Whether the machine has one, usable or not."""
    return Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None


def _mps_trouble() -> str:
    if not torch.backends.mps.is_built():
        return "this PyTorch is built without MPS, which is for Macs with Apple's processors"
    return "" if torch.backends.mps.is_available() else "MPS needs macOS 14 or newer on a Mac with Apple's processor"


def synchronize(device: torch.device) -> None:
    """Wait until `device` has done what it was given; nothing to wait for on a CPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def choose_precision(name: str, device: torch.device, *, faster_bf16: bool = True) -> torch.dtype:
    """float32, bf16, or auto: bfloat16 where the hardware multiplies it, on a CPU where networks are faster so, too.

    Raises ValueError for bf16 where the hardware does not multiply it.
    """
    if name == "float32" or (name == "auto" and device.type == "cpu" and not faster_bf16):
        return torch.float32
    if device.type == "cuda":
        has_bf16 = torch.cuda.get_device_capability(device) >= (8, 0)
    elif device.type == "cpu":
        has_bf16 = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    else:
        has_bf16 = False  # not measured
    if name == "bf16" and not has_bf16:
        raise ValueError(
            f"training.precision: this {device.type} does not multiply bf16; set it to float32, or to auto, which "
            "takes bf16 where the hardware has it"
        )
    return torch.bfloat16 if has_bf16 else torch.float32


def why_precision(name: str, precision: torch.dtype, device: torch.device) -> str:
    """Why it is this precision."""
    if name != "auto":
        return "as asked"
    if precision == torch.bfloat16:
        return f"this {device.type.upper()} multiplies it"
    if device.type == "mps":
        return "MPS was not measured with bf16"
    if choose_precision("auto", device) == torch.bfloat16:
        return "such networks are not faster in bf16"
    return f"this {device.type.upper()} does not multiply bf16"


def autocast(precision: torch.dtype, device: torch.device) -> Callable[[], AbstractContextManager[Any]]:
    """What networks compute in: bfloat16 where PyTorch finds it safe, or float32 throughout."""
    if precision == torch.float32:
        return nullcontext
    return partial(torch.autocast, device.type, dtype=precision)


def device_name(device: torch.device) -> str:
    """The device as its maker calls it, with the number of threads on a CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"{platform.machine()} GPU by MPS"
    threads = torch.get_num_threads()
    return f"{cpu_name()}, {threads} thread{'s' * (threads > 1)}"


def device_kind(device: torch.device) -> str:
    """What decides how the device rounds, so whether a training may go on there: of a CPU its instructions and the
    number of threads, not who made it. An AMD EPYC and an Intel Xeon with AVX-512 trained all models to the same byte.
    """
    if device.type != "cpu":
        return device_name(device)
    threads = torch.get_num_threads()
    return f"{platform.machine()}, {threads} thread{'s' * (threads > 1)}, {torch.backends.cpu.get_cpu_capability()}"


def cpu_name() -> str:
    """The processor as its maker calls it, where the system tells; seconds of one and of another do not compare."""
    try:
        if sys.platform == "linux":
            found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M)
            return found[1].strip() if found else f"{platform.machine()} CPU"
        if sys.platform == "darwin":
            asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        pass
    return platform.processor() or f"{platform.machine()} CPU"
