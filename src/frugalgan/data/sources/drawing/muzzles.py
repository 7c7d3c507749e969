"""Noses, mouths and whiskers: lengths in eye distances, `y` and `depth` in head coordinates."""

import numpy as np

from frugalgan.data.sources.drawing.canvas import BLACK, Array, Canvas, bgr
from frugalgan.data.sources.drawing.pose import Pose, ellipse, flipped, points, rounded


def draw_cat_nose(canvas: Canvas, pose: Pose, colour: Array, y: float, depth: float) -> None:
    """A small triangle with the line below it that parts into the two curves of the mouth."""
    leather = rounded(
        points(
            (-0.17, y - 0.09),
            (0.0, y - 0.12),
            (0.17, y - 0.09),
            (0.06, y + 0.07),
            (0, y + 0.1),
            (-0.06, y + 0.07),
        ),
        2,
    )
    canvas.fill(pose.project(leather * points((1.15, 1.0)), depth), colour * np.float32(0.5), soft=0.03, opacity=0.7)
    canvas.fill(pose.project(leather, depth), colour, soft=0.01)
    shine = ellipse(0, y - 0.07, 0.09, 0.025)
    canvas.fill(pose.project(shine, depth), np.minimum(colour + np.float32(0.25), 1), soft=0.03, opacity=0.6)
    for side in (-1, 1):
        nostril = flipped(ellipse(0.085, y + 0.0, 0.035, 0.018, 0.5), side)
        canvas.fill(pose.project(nostril, depth), BLACK, soft=0.012, opacity=0.8)
        mouth = flipped(points((0, y + 0.09), (0.01, y + 0.2), (0.12, y + 0.3), (0.3, y + 0.27)), side)
        canvas.stroke(pose.project(rounded(mouth, 3, closed=False), depth - 0.08), BLACK, width=0.022, opacity=0.65)


def draw_dog_nose(canvas: Canvas, pose: Pose, colour: Array, y: float, size: float, depth: float) -> None:
    """Broad leather with two nostrils and a wet shine, and the line down to the lips."""
    leather = rounded(
        points(
            (-0.8, -0.55),
            (0, -0.75),
            (0.8, -0.55),
            (1.0, 0.05),
            (0.45, 0.55),
            (0, 0.72),
            (-0.45, 0.55),
            (-1.0, 0.05),
        ),
        3,
    )

    def place(offset: Array) -> Array:
        return pose.project(offset * np.float32(size) + points((0.0, y)), depth)

    canvas.fill(place(leather * np.float32(1.1)), BLACK, soft=0.04, opacity=0.6)
    canvas.fill(place(leather), colour, soft=0.01)
    canvas.fill(
        place(ellipse(0.1, -0.38, 0.5, 0.13)),
        np.minimum(colour + np.float32(0.38), 1),
        soft=0.06,
        opacity=0.75,
    )
    for side in (-1, 1):
        canvas.fill(place(flipped(ellipse(0.46, 0.08, 0.24, 0.15, 0.5), side)), BLACK, soft=0.02, opacity=0.95)


def draw_dog_mouth(canvas: Canvas, pose: Pose, y: float, width: float, depth: float, tongue: float) -> None:
    """Lips under the nose at `y`; `tongue` is how far it hangs out, 0 for a closed mouth."""
    if tongue > 0:
        gape = rounded(
            points(
                (-width, y),
                (0, y - 0.06),
                (width, y),
                (0.75 * width, y + 0.3),
                (0, y + 0.42),
                (-0.75 * width, y + 0.3),
            )
        )
        canvas.fill(pose.project(gape, depth - 0.3), bgr("3a1214"), soft=0.02)
        lap = rounded(
            points(
                (-0.2, y + 0.05),
                (0.2, y + 0.05),
                (0.22, y + tongue),
                (0, y + tongue + 0.16),
                (-0.22, y + tongue),
            )
        )
        canvas.fill(pose.project(lap, depth - 0.15), bgr("d9707c"), soft=0.015)
        crease = points((0, y + 0.1), (0, y + 0.8 * tongue))
        canvas.stroke(pose.project(crease, depth - 0.15), bgr("a84857"), width=0.03, opacity=0.7)
    for side in (-1, 1):
        lip = flipped(
            points((0, y - 0.16), (0.02, y), (0.45 * width, y + 0.13), (width, y + 0.1), (1.2 * width, y - 0.02)),
            side,
        )
        canvas.stroke(pose.project(rounded(lip, 3, closed=False), depth - 0.1), BLACK, width=0.03, opacity=0.6)


def draw_whiskers(canvas: Canvas, pose: Pose, rng: np.random.Generator, colour: Array, y: float, depth: float) -> None:
    """Long fine hairs out of the pads beside the nose."""
    for side in (-1, 1):
        for _ in range(int(rng.integers(5, 9))):
            x0, y0 = rng.uniform(0.2, 0.42), y + rng.uniform(0.02, 0.2)
            reach, rise = rng.uniform(0.7, 1.25), rng.uniform(-0.3, 0.3)
            line = points((x0, y0), (x0 + 0.5 * reach, y0 + 0.5 * rise - 0.08), (x0 + reach, y0 + rise))
            path = pose.project(rounded(flipped(line, side), 3, closed=False), depth - 0.15)
            canvas.stroke(path, colour, width=0.008, opacity=0.75)
