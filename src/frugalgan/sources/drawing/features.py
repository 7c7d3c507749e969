"""What makes a face: eyes, noses, mouths, whiskers. All in eye distances, placed by a `Pose`."""

import numpy as np

from frugalgan.sources.drawing.canvas import Array, Canvas, bgr
from frugalgan.sources.drawing.pose import Pose, ellipse, flipped, points, rounded

CAT_IRISES = ("b9a23a", "d08a1e", "8fa648", "5f9a6e", "6fa3c8", "a9783a", "c9b45c")
DOG_IRISES = ("3a2214", "4a2a16", "2a1a12", "5c3a1c", "6b4a22", "7fa2bd")
BLACK = bgr("0d0b0b")
EYE_DEPTH = 0.02


def draw_eye(
    canvas: Canvas,
    pose: Pose,
    side: int,
    *,
    iris: Array,
    radius: float,
    opening: float,
    slant: float,
    pupil: float,
    slit: bool,
    light: float,
) -> None:
    """One eye at (side / 2, 0): dark rim, iris, pupil, shadow of the lid, highlight.

    Args:
        side: -1 left in the picture, +1 right.
        iris: (3,) BGR.
        radius: half the width of the eye, in eye distances.
        opening: height of the eye over its width.
        slant: how far the outer corner stands above the inner one, radians.
        pupil: width of the pupil over that of the eye.
        slit: a cat's upright pupil; else a round one.
        light: x of the highlight, -1 to 1.
    """
    lids = _lids(radius, opening, slant, side)
    place = _placer(pose, side)
    canvas.fill(place(lids * 1.28), BLACK, soft=0.05, opacity=0.85)
    shape = canvas.coverage(place(lids))
    canvas.fill(place(lids), bgr("d9d2c6") * np.float32(0.75 if slit else 0.45))
    disc = radius * (1.0 if slit else 0.92)
    canvas.fill(place(ellipse(0, 0, disc, disc)), iris * np.float32(0.55), clip=shape)
    canvas.fill(place(ellipse(0, 0.02, disc * 0.86, disc * 0.86)), iris, soft=0.04, clip=shape)
    glow = np.minimum(iris * np.float32(1.45) + np.float32(0.04), 1)
    canvas.fill(
        place(ellipse(0, radius * 0.45, radius * 0.6, radius * 0.35)),
        glow,
        soft=0.07,
        opacity=0.7,
        clip=shape,
    )
    tall = radius * opening * 0.98 if slit else radius * pupil
    canvas.fill(place(ellipse(0, 0, radius * pupil, max(tall, radius * pupil))), BLACK, soft=0.012, clip=shape)
    brow = ellipse(0, -radius * (opening + 0.55), radius * 1.5, radius * 0.85)
    canvas.fill(place(brow), BLACK, soft=0.06, opacity=0.6, clip=shape)
    glint = ellipse(light * radius * 0.36, -radius * 0.34 * opening, radius * 0.17, radius * 0.2)
    canvas.fill(place(glint), bgr("ffffff"), soft=0.008, opacity=0.95)
    speck = ellipse(-light * radius * 0.35, radius * 0.3 * opening, radius * 0.1, radius * 0.08)
    canvas.fill(place(speck), bgr("ffffff"), soft=0.02, opacity=0.4)


def _placer(pose: Pose, side: int):
    """Offsets from the eye's middle → pixels. The eye's plane follows the skull, so yaw narrows the far eye."""

    def place(offset: Array) -> Array:
        depth = eye_depth() - side * offset[:, 0] * np.float32(0.35)
        return pose.project(offset + points((0.5 * side, 0.0)), depth)

    return place


def eye_depth() -> float:
    """Depth of the middle of an eye."""
    return 0.51 + EYE_DEPTH


def _lids(radius: float, opening: float, slant: float, side: int) -> Array:
    """The almond between the lids about (0, 0): its inner corner lower than the outer one."""
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    lid = np.stack([np.cos(t), np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 1.15 * opening], 1) * radius
    lid[:, 0] *= np.where(lid[:, 0] < 0, 1.12, 1.0)
    cos, sin = np.cos(-slant), np.sin(-slant)
    turned = np.stack([lid[:, 0] * cos - lid[:, 1] * sin, lid[:, 0] * sin + lid[:, 1] * cos], 1)
    return flipped(turned.astype(np.float32), side)


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
    place = lambda offset: pose.project(offset * np.float32(size) + points((0.0, y)), depth)  # noqa: E731
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
