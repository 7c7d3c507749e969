"""Which device, which precision."""

import torch


def choose_device(name: str) -> torch.device:
    """cpu, cuda, or auto: CUDA where there is one. Raises ValueError."""
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("training.device: cuda is not available here; set it to cpu or auto")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """float32, bf16, or auto: bfloat16 where the hardware multiplies it. Raises ValueError where it does not."""
    if name == "float32":
        return torch.float32
    has_bf16 = (
        torch.cuda.get_device_capability(device) >= (8, 0)
        if device.type == "cuda"
        else torch.cpu._is_amx_tile_supported()
    )
    if name == "bf16" and not has_bf16:
        raise ValueError(f"training.precision: this {device.type} has no bf16 matrix units; set it to float32 or auto")
    return torch.bfloat16 if has_bf16 else torch.float32
