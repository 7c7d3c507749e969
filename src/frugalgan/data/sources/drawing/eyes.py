"""Eyes: a cat's with an upright slit, a dog's dark and round."""

from dataclasses import dataclass

import numpy as np

from frugalgan.data.sources.drawing.canvas import BLACK, Array, Canvas, bgr
from frugalgan.data.sources.drawing.pose import Pose, ellipse, flipped, points

CAT_IRISES = ("b9a23a", "d08a1e", "8fa648", "5f9a6e", "6fa3c8", "a9783a", "c9b45c")
DOG_IRISES = ("3a2214", "4a2a16", "2a1a12", "5c3a1c", "6b4a22", "7fa2bd")
EYE_DEPTH = 0.53  # z of the middle of an eye, in head coordinates
_WHITE = bgr("ffffff")


@dataclass(frozen=True)
class Eyes:
    """A pair of eyes.

    Attributes:
        iris: colour (3,) BGR.
        radius: half the width of an eye, in eye distances.
        opening: height of the eye over its width.
        slant: how far the outer corner stands above the inner one, radians.
        pupil: width of the pupil over that of the eye.
        slit: a cat's upright pupil; else a round one.
    """

    iris: Array
    radius: float
    opening: float
    slant: float
    pupil: float
    slit: bool


def draw_eyes(canvas: Canvas, pose: Pose, eyes: Eyes, glint: float) -> None:
    """Both eyes; their middles are at (-0.5, 0) and (0.5, 0). `glint`: x of the highlight in the eye, -1 to 1."""
    for side in (-1, 1):
        _draw_eye(canvas, pose, eyes, side, glint)


def _draw_eye(canvas: Canvas, pose: Pose, eyes: Eyes, side: int, glint: float) -> None:
    """Dark rim, ball, iris, pupil, shadow of the upper lid, highlights."""

    def place(offset: Array) -> Array:
        # The eye's plane follows the skull, so yaw narrows the far eye.
        return pose.project(offset + points((0.5 * side, 0.0)), EYE_DEPTH - side * 0.35 * offset[:, 0])

    radius, opening = eyes.radius, eyes.opening
    lids = _lids(eyes, side)
    canvas.fill(place(lids * 1.28), BLACK, soft=0.05, opacity=0.85)
    inside = canvas.coverage(place(lids))
    canvas.fill(place(lids), bgr("d9d2c6") * np.float32(0.75 if eyes.slit else 0.45))
    disc = radius * (1.0 if eyes.slit else 0.92)
    canvas.fill(place(ellipse(0, 0, disc, disc)), eyes.iris * np.float32(0.55), clip=inside)
    canvas.fill(place(ellipse(0, 0.02, disc * 0.86, disc * 0.86)), eyes.iris, soft=0.04, clip=inside)
    glow = np.minimum(eyes.iris * np.float32(1.45) + np.float32(0.04), 1)
    bright = ellipse(0, radius * 0.45, radius * 0.6, radius * 0.35)
    canvas.fill(place(bright), glow, soft=0.07, opacity=0.7, clip=inside)
    wide = radius * eyes.pupil
    tall = max(radius * opening * 0.98, wide) if eyes.slit else wide
    canvas.fill(place(ellipse(0, 0, wide, tall)), BLACK, soft=0.012, clip=inside)
    brow = ellipse(0, -radius * (opening + 0.55), radius * 1.5, radius * 0.85)
    canvas.fill(place(brow), BLACK, soft=0.06, opacity=0.6, clip=inside)
    highlight = ellipse(glint * radius * 0.36, -radius * 0.34 * opening, radius * 0.17, radius * 0.2)
    canvas.fill(place(highlight), _WHITE, soft=0.008, opacity=0.95)
    speck = ellipse(-glint * radius * 0.35, radius * 0.3 * opening, radius * 0.1, radius * 0.08)
    canvas.fill(place(speck), _WHITE, soft=0.02, opacity=0.4)


def _lids(eyes: Eyes, side: int) -> Array:
    """The almond between the lids about (0, 0), (40, 2): its inner corner lower than the outer one."""
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    upright = np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 1.15 * eyes.opening
    lid = np.stack([np.cos(t), upright], 1) * eyes.radius
    lid[:, 0] *= np.where(lid[:, 0] < 0, 1.12, 1.0)
    cos, sin = np.cos(eyes.slant), np.sin(eyes.slant)
    turned = lid @ np.array([[cos, -sin], [sin, cos]])
    return flipped(turned.astype(np.float32), side)
