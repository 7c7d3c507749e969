"""Images as arrays and tensors: ranges, resizing, grids, PNG files. The only place where ranges change.

Images are uint8, RGB or grey, on disk and between stages; [-1, 1] only inside training and sampling.
torch is imported for typing only, so that preparing photos starts fast.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from frugalgan.data.photos import ImageError, read_rgb
from frugalgan.files import replaced

if TYPE_CHECKING:
    from torch import Tensor

SEEN = 128  # px, the least side of an image in a grid

__all__ = ["ImageError", "enlarged_grid", "grid", "read_rgb", "resize", "to_uint8", "to_unit", "write_png"]


def to_unit(images: Tensor) -> Tensor:
    """uint8 pixels of any shape → float32 in [-1, 1]: x / 127.5 - 1."""
    return images.float() / 127.5 - 1


def to_uint8(images: Tensor) -> Tensor:
    """Float pixels of any shape → uint8, clamped to [-1, 1] and rounded: the inverse of `to_unit`."""
    return images.float().clamp(-1, 1).add(1).mul(127.5).round().byte()


def resize(image: np.ndarray, size: int) -> np.ndarray:
    """Antialiased resize: (H, W, 3) uint8 → (size, size, 3) uint8, or the same without channels.

    A side that shrinks is averaged over the pixels it covers, a side that grows is interpolated cubically.
    """
    height, width = image.shape[:2]
    shrunk = min(size, width), min(size, height)
    if shrunk != (width, height):
        image = cv2.resize(image, shrunk, interpolation=cv2.INTER_AREA)
    if shrunk != (size, size):
        image = cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC)
    return image


def grid(images: np.ndarray, *, columns: int, padding: int = 2) -> np.ndarray:
    """Images side by side, row by row, on white: (N, 3, H, W) uint8, or grey (N, 1, H, W) → (H', W', 3) uint8 RGB.

    `padding` is the gap in pixels between images and around them. ValueError for any other shape or dtype.
    """
    if images.ndim != 4 or images.shape[1] not in (1, 3) or not len(images) or images.dtype != np.uint8:
        raise ValueError(f"grid takes (N ≥ 1, 3 or 1, H, W) uint8 images, not {images.shape} {images.dtype}")
    if columns < 1:
        raise ValueError(f"grid needs at least one column, not {columns}")
    count, _, height, width = images.shape
    rows = -(-count // columns)
    step_y, step_x = height + padding, width + padding
    canvas = np.full((rows * step_y + padding, columns * step_x + padding, 3), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = padding + index // columns * step_y, padding + index % columns * step_x
        canvas[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    return canvas


def enlarged_grid(images: np.ndarray, *, columns: int) -> np.ndarray:
    """As `grid`, of images as large as people can see: each pixel a square, `SEEN` pixels an image or a little more."""
    times = max(1, -(-SEEN // images.shape[-1]))
    return grid(images.repeat(times, axis=2).repeat(times, axis=3), columns=columns, padding=4)


def write_png(path: str | os.PathLike[str], image: np.ndarray) -> None:
    """Write one (H, W, 3) uint8 RGB image as PNG; the file appears whole or not at all."""
    path = Path(path)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"{path}: a PNG is written from (H, W, 3) uint8, not {image.shape} {image.dtype}")
    _, encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    with replaced(path) as temporary:
        temporary.write_bytes(encoded.tobytes())
