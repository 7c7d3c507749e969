"""Section `training` of params.yaml: what is equal for all models."""

from typing import Literal

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT, Beta, Count, Device, Positive


@dataclass(frozen=True, config=STRICT)
class Training:
    """Section `training`: what decides memory and time, equal for all methods."""

    precision: Literal["auto", "float32", "bf16"]
    ema_decay: Beta
    device: Device
    accumulate: Count
    critic_parts: Count
    term_by_term: bool
    recompute: bool
    compile: bool
    channels_last: bool | Literal["auto"]
    tf32: bool
    snapshot_kimg: Positive
    devices: Count
    nodes: Count
    strategy: Literal["auto", "ddp"]

    @model_validator(mode="after")
    def _fits_together(self) -> "Training":
        if self.compile and self.recompute:
            raise ValueError("compile and recompute exclude each other: compiled code decides itself what it keeps")
        if self.devices * self.nodes > 1 and (":" in self.device or self.device == "mps"):
            raise ValueError(
                f"device {self.device} is one GPU: set devices and nodes to 1, or device to cuda, auto or cpu"
            )
        return self
