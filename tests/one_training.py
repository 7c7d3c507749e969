"""Running one real training stage on noise, in a folder of its own."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pipeline import PROJECT
from small import noise_images

OUTPUTS = ("scratch", "scratch.json")


def training_folder(folder: Path, **training: Any) -> Path:
    """`folder` with params at smoke scale, section training changed as given, and images."""
    (folder / "data").mkdir(exist_ok=True)
    np.save(folder / "data/images.npy", noise_images(24))
    write_params(folder, training=training)
    return folder


def write_params(folder: Path, *, scale: dict[str, Any] | None = None, training: dict[str, Any] | None = None) -> None:
    """params.yaml at smoke scale, with values of the scale and of section training changed."""
    raw = yaml.safe_load((PROJECT / "params.yaml").read_text())
    raw["scale"] = "smoke"
    raw["scales"]["smoke"] |= scale or {}
    raw["training"] |= training or {}
    (folder / "params.yaml").write_text(yaml.safe_dump(raw))


def training_command(out: str = "", launcher: tuple[str, ...] = (sys.executable,)) -> list[str]:
    """The stage that trains `scratch` on data/images.npy into folder `out`."""
    return [*launcher, str(PROJECT / "stages/train.py"), "data", *(os.path.join(out, name) for name in OUTPUTS)]
