"""Random fields: white noise, clouds, and strands of fur."""

from collections.abc import Sequence

import cv2
import numpy as np

from frugalgan.data.sources.drawing.canvas import Array


def white_noise(rng: np.random.Generator, *shape: int) -> Array:
    """Uniform noise of mean 0 and standard deviation 1, (shape) float32; bytes are the fastest source of it."""
    count = int(np.prod(shape))
    raw = np.frombuffer(rng.bytes(count), np.uint8).astype(np.float32)
    return ((raw - np.float32(127.5)) / np.float32(73.9)).reshape(shape)


def cloud_noise(rng: np.random.Generator, height: int, width: int, cells: float) -> Array:
    """Smooth noise with about `cells` bumps along the longer side, (height, width) float32, deviation near 0.7."""
    step = max(height, width) / cells
    coarse = white_noise(rng, max(2, round(height / step)), max(2, round(width / step)))
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def fur_noise(
    rng: np.random.Generator, height: int, width: int, centre: Sequence[float], unit: float, length: float
) -> Array:
    """Noise of strands that run away from `centre` as fur runs away from the nose.

    A noise texture over (angle, radius), blurred along the radius, is looked up at every pixel's polar position.

    Args:
        centre: pixel (x, y) that the strands leave.
        unit: eye distance in pixels.
        length: length of a strand in eye distances.

    Returns:
        (height, width) float32, mean 0, deviation near 1.
    """
    rows, columns, bin_width = 900, 256, 0.03
    fine = cv2.blur(white_noise(rng, rows, columns), (max(3, round(length / bin_width)), 1))
    tufts = cv2.resize(cv2.blur(white_noise(rng, rows // 6, columns), (9, 1)), (columns, rows))
    texture = fine / fine.std() * np.float32(0.8) + tufts / tufts.std() * np.float32(0.6)
    x = np.arange(width, dtype=np.float32) - np.float32(centre[0])
    y = np.arange(height, dtype=np.float32) - np.float32(centre[1])
    across, down = np.meshgrid(x, y)
    radius, angle = cv2.cartToPolar(across, down)
    bend = cloud_noise(rng, height, width, 9 * max(height, width) / (3.2 * unit))
    radius *= np.float32(1 / unit)
    # Locks bend by about the same length everywhere, so by less of an angle the farther out they are.
    angle *= np.float32(rows / (2 * np.pi))
    angle += bend * np.float32(0.009 * rows) / (radius + np.float32(0.4))
    radius *= np.float32(1 / bin_width)
    return cv2.remap(texture, radius, angle, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
