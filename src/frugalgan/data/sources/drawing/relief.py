"""Light and shade: a coarse height map of the animal, lit from one side."""

import cv2
import numpy as np

from frugalgan.data.sources.drawing.canvas import Array, Canvas

_COARSENESS = 4  # shade is smooth, so a quarter of the resolution is enough


class Relief:
    """A height map (H/4, W/4) that shapes are raised on.

    Args:
        height, width: size of the picture in pixels.
        unit: eye distance in pixels.
    """

    def __init__(self, height: int, width: int, unit: float) -> None:
        self.size = (width, height)
        self.unit = unit / _COARSENESS
        flat = np.zeros((-(-height // _COARSENESS), -(-width // _COARSENESS)), np.float32)
        self._canvas = Canvas(flat[None], flat, self.unit)
        self.height = flat

    def lift(self, outline: Array, height: float, soft: float) -> None:
        """Raises the polygon (N, 2 pixels of the picture) by `height` eye distances, its slope `soft` wide."""
        found = self._canvas.alpha(outline / np.float32(_COARSENESS), soft)
        if found is not None:
            window, cover = found
            self.height[window] += cover * np.float32(height)

    def shade(self, direction: tuple[float, float], ambient: float) -> Array:
        """Brightness of the lit relief over that of flat ground, (H, W) float32.

        Lambert's law with the light at `direction` (x, y; z is 1) plus `ambient` light.
        """
        smooth = cv2.GaussianBlur(self.height, (0, 0), 0.06 * self.unit + 0.5)
        scale = 0.5 * self.unit
        slope_x = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1) * scale
        slope_y = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1) * scale
        toward_light = 1 - slope_x * direction[0] - slope_y * direction[1]
        lambert = np.maximum(toward_light, 0) / np.sqrt(1 + slope_x**2 + slope_y**2)
        lit = ((lambert + ambient) / (1 + ambient)).astype(np.float32)
        return cv2.resize(np.clip(lit, 0.25, 1.6), self.size, interpolation=cv2.INTER_LINEAR)
