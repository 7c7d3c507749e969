"""One animal in one picture: the canvases it is painted on, and what cats and dogs have in common."""

from dataclasses import dataclass

import numpy as np

from frugalgan.data.sources.drawing.canvas import Array, Canvas, blend
from frugalgan.data.sources.drawing.coats import Coat
from frugalgan.data.sources.drawing.markings import paint_coat
from frugalgan.data.sources.drawing.noise import cloud_noise, fur_noise
from frugalgan.data.sources.drawing.pose import Pose, mirrored, points, rounded
from frugalgan.data.sources.drawing.relief import Relief


@dataclass(frozen=True)
class Light:
    """`direction`: (x, y) of the light beside z = 1; `ambient`: light from everywhere over that of the lamp."""

    direction: tuple[float, float]
    ambient: float


class Sitter:
    """The animal being painted.

    `picture` shows it, `pelt` is the fur to cut its parts from, `relief` its height, and `cover` (H, W) says where
    it hides the background.
    """

    def __init__(self, background: Array, pose: Pose, coat: Coat, rng: np.random.Generator) -> None:
        _, height, width = background.shape
        nose = pose.project(points((0.0, 0.3)), 0.6)[0]
        fur = fur_noise(rng, height, width, nose, pose.unit, 0.12 + 2 * coat.shaggy)
        self.pose, self.coat, self.rng = pose, coat, rng
        self.picture = Canvas(background, fur, pose.unit)
        self.pelt = Canvas(np.empty_like(background), fur, pose.unit)
        paint_coat(self.pelt, pose, coat, rng)
        self.relief = Relief(height, width, pose.unit)
        self.cover = np.zeros((height, width), np.float32)

    def lay(
        self, outline: Array, *, shaggy: float | None = None, tint: Array | None = None, opacity: float = 0.9
    ) -> None:
        """Cuts `outline` (N, 2 pixels) from the pelt, tinted towards a colour (3,), and lays it on the picture."""
        found = self.picture.alpha(outline, 0.012, self.coat.shaggy if shaggy is None else shaggy)
        if found is None:
            return
        (rows, columns), cover = found
        fur = self.pelt.image[:, rows, columns]
        if tint is not None:
            fur = fur + (tint[:, None, None] - fur) * np.float32(opacity)
        blend(self.picture.image[:, rows, columns], fur, cover)
        np.maximum(self.cover[rows, columns], cover, out=self.cover[rows, columns])

    def shadow(self, outline: Array, opacity: float, soft: float) -> None:
        """Darkens the picture under `outline` (N, 2 pixels), on the animal only."""
        self.picture.fill(outline, np.zeros(3, np.float32), soft=soft, opacity=opacity, clip=self.cover)

    def body(self, lean: float) -> None:
        """Neck and breast behind the head, as far as the picture goes; `lean` moves the ground under them sideways."""
        half = points((0.5, 0.3), (0.85, 0.8), (1.15, 1.5), (1.7, 2.6), (2.0, 5.0))
        outline = rounded(mirrored(half))
        outline[:, 0] += np.float32(lean) * np.maximum(outline[:, 1] - 0.5, 0)
        self.lay(self.pose.project(outline, -0.3))
        self.relief.lift(self.pose.project(outline, -0.3), 0.5, 0.6)

    def finish_fur(self, light: Light) -> None:
        """Shades the relief and makes the strands visible; eyes, nose and whiskers come after."""
        height, width = self.cover.shape
        shade = self.relief.shade(light.direction, light.ambient) - np.float32(1)
        curls = cloud_noise(self.rng, height, width, 24 * max(height, width) / (3.2 * self.pose.unit))
        shade += self.picture.fur * np.float32(0.11)
        shade += curls * np.float32(0.05)
        shade *= self.cover
        shade += np.float32(1)
        # Dark fur shows by its gloss, which adds to the colour, not multiplies.
        gloss = np.maximum(self.picture.fur, 0) * self.cover * shade * np.float32(0.022)
        for plane in self.picture.image:
            plane *= shade
            plane += gloss
