"""An image that is painted with soft and furry shapes, and the noise they are made of.

Images here are planar BGR, (3, H, W) float32 in [0, 1], because blending a mask over planes is several times faster
in NumPy than over interleaved channels. Lengths called soft are in eye distances, so a picture looks alike at any size.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
_SUBPIXEL_BITS = 4


def bgr(code: str) -> Array:
    """Colour `rrggbb` (hexadecimal) → (3,) float32 in [0, 1], order blue, green, red."""
    return np.array([int(code[i : i + 2], 16) for i in (4, 2, 0)], np.float32) / np.float32(255)


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
    radius, angle = cv2.cartToPolar(*(np.ascontiguousarray(a) for a in np.meshgrid(x, y)))
    bend = cloud_noise(rng, height, width, 9 * max(height, width) / (3.2 * unit))
    radius *= np.float32(1 / unit)
    # Locks bend by about the same length everywhere, so by less of an angle the farther out they are.
    angle *= np.float32(rows / (2 * np.pi))
    angle += bend * np.float32(0.009 * rows) / (radius + np.float32(0.4))
    radius *= np.float32(1 / bin_width)
    return cv2.remap(texture, radius, angle, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def soften(image: NDArray[Any], radius: float) -> NDArray[Any]:
    """Blur by a kernel that falls off linearly over about `radius` pixels: two box blurs, the time of which does not
    depend on the radius. (`cv2.stackBlur` is this kernel too, but its rounding depends on the number of threads.)"""
    size = 2 * max(1, round(radius / 2)) + 1
    return cv2.blur(cv2.blur(image, (size, size)), (size, size))


def blend(target: Array, paint: Array, cover: Array) -> None:
    """Moves `target` (3, H, W) towards `paint`, (3,) or (3, H, W), by the share `cover` (H, W), in place."""
    for plane, source in zip(target, paint, strict=True):  # plane by plane stays in the processor's cache
        step = source - plane
        step *= cover
        plane += step


class Canvas:
    """A planar BGR image with a fur field, painted shape by shape.

    Args:
        image: (3, H, W) float32 in [0, 1]; painted in place.
        fur: (H, W) float32 from `fur_noise`; it frays the edge of shaggy shapes.
        unit: eye distance in pixels.
    """

    def __init__(self, image: Array, fur: Array, unit: float) -> None:
        self.image, self.fur, self.unit = image, fur, unit

    def alpha(self, outline: Array, soft: float = 0.0, shaggy: float = 0.0) -> tuple[tuple[slice, slice], Array] | None:
        """Coverage of the polygon `outline` (N, 2) in pixels: the window it needs, and values in [0, 1] there.

        `soft` is the width of the edge's blur, `shaggy` how far strands of fur fray that edge, both in eye distances.
        A polygon outside the image gives None.
        """
        radius = max(soft, 1.5 * shaggy) * self.unit
        height, width = self.fur.shape
        low = np.maximum(np.floor(outline.min(0) - radius - 2), 0).astype(int)
        high = np.minimum(np.ceil(outline.max(0) + radius + 2), (width, height)).astype(int)
        if (high <= low).any():
            return None
        mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        points = np.round((outline - low) * 2**_SUBPIXEL_BITS).astype(np.int32)
        cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        if radius >= 1:
            mask = soften(mask, radius)
        window = slice(low[1], high[1]), slice(low[0], high[0])
        cover = mask * np.float32(1 / 255)
        if shaggy:
            # Blurred coverage is a ramp across the edge; noise moves the place where it passes one half,
            # but not where the ramp has ended: no hair flies free.
            noise = self.fur[window] * cover
            noise *= np.float32(0.8)
            noise *= 1 - cover
            cover += noise
            cover *= np.float32(4)
            cover -= np.float32(1.5)
            np.clip(cover, 0, 1, out=cover)
            if soft:
                cover = cv2.blur(cover, (3, 3))
        return window, cover

    def fill(
        self,
        outline: Array,
        paint: Array,
        *,
        soft: float = 0.0,
        shaggy: float = 0.0,
        opacity: float = 1.0,
        clip: Array | None = None,
    ) -> None:
        """Paints the polygon with a colour (3,) or a texture (3, H, W), where `clip` (H, W) in [0, 1] lets it."""
        found = self.alpha(outline, soft, shaggy)
        if found is None:
            return
        (rows, columns), cover = found
        if opacity != 1.0:
            cover *= np.float32(opacity)
        if clip is not None:
            cover *= clip[rows, columns]
        blend(self.image[:, rows, columns], paint if paint.ndim == 1 else paint[:, rows, columns], cover)

    def coverage(self, outline: Array, *, soft: float = 0.0, shaggy: float = 0.0) -> Array:
        """`alpha` on the whole image, (H, W) float32."""
        full = np.zeros(self.fur.shape, np.float32)
        found = self.alpha(outline, soft, shaggy)
        if found is not None:
            full[found[0]] = found[1]
        return full

    def stroke(self, points: Array, colour: Array, *, width: float, opacity: float) -> None:
        """Paints an open line through `points` (N, 2); `width` in eye distances, never thinner than one pixel."""
        low = np.floor(points.min(0) - 3).astype(int)
        height, wide = self.fur.shape
        low = np.maximum(low, 0)
        high = np.minimum(np.ceil(points.max(0) + 3 + width * self.unit).astype(int), (wide, height))
        if (high <= low).any():
            return
        mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        path = np.round((points - low) * 2**_SUBPIXEL_BITS).astype(np.int32)
        pixels = width * self.unit
        cv2.polylines(mask, [path], False, 255, max(1, round(pixels)), cv2.LINE_AA, _SUBPIXEL_BITS)
        # A line thinner than a pixel is drawn one pixel wide and fainter.
        cover = mask * np.float32(opacity * min(1.0, max(pixels, 0.35)) / 255)
        blend(self.image[:, low[1] : high[1], low[0] : high[0]], colour, cover)
