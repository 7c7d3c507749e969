"""An image that is painted with soft and furry shapes.

Images here are planar BGR, (3, H, W) float32 in [0, 1], because blending a mask over planes is several times faster
in NumPy than over interleaved channels. Lengths called soft are in eye distances, so a picture looks alike at any size.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # float32 throughout
_SUBPIXEL_BITS = 4


def bgr(code: str) -> Array:
    """Colour `rrggbb` (hexadecimal) → (3,) float32 in [0, 1], order blue, green, red."""
    return np.array([int(code[i : i + 2], 16) for i in (4, 2, 0)], np.float32) / np.float32(255)


BLACK = bgr("0d0b0b")


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
