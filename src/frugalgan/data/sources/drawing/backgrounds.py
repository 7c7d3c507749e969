"""What stands behind the animal: plain walls, gardens, rooms, cloth; out of focus, as in portraits."""

import cv2
import numpy as np

from frugalgan.data.sources.drawing.canvas import Array, Canvas, bgr, soften
from frugalgan.data.sources.drawing.noise import cloud_noise, white_noise
from frugalgan.data.sources.drawing.pose import ellipse, points

WALLS = ("8d8f8a", "c9c2b4", "5a6670", "a58b78", "3b3a3d", "d8d6d0", "7a8c7c", "92a4b2", "6e4a3c", "1f2024")
LEAVES = ("4c6b2e", "6f8c3c", "2f4a26", "8ea35a", "3c5a3a", "a3a35c")
THINGS = ("8c3b34", "3a5f8a", "c28f3a", "6b4a32", "ded8cc", "2c2b2f", "7d6a94", "4f7f78")


def draw_background(rng: np.random.Generator, height: int, width: int) -> Array:
    """A random background, (3, height, width) float32 BGR in about [0, 1].

    It is painted small and enlarged: that is quick, and is the blur of a lens focused on the face.
    """
    scale = 160 / max(height, width)
    small_height, small_width = max(16, round(height * scale)), max(16, round(width * scale))
    image = np.empty((3, small_height, small_width), np.float32)
    canvas = Canvas(image, np.zeros(image.shape[1:], np.float32), float(small_width))
    kind = str(rng.choice(["wall", "garden", "lights", "room", "cloth"]))
    {"wall": _wall, "garden": _garden, "lights": _lights, "room": _room, "cloth": _cloth}[kind](canvas, rng)
    blur = float(rng.uniform(0, 5 if kind != "lights" else 8))
    size = (width, height)
    large = [cv2.resize(soften(plane, blur), size, interpolation=cv2.INTER_CUBIC) for plane in image]
    light = np.float32(rng.uniform(0.55, 1.1))
    return np.stack(large) * light


def _colour(rng: np.random.Generator, codes: tuple[str, ...]) -> Array:
    return np.clip(bgr(str(rng.choice(codes))) + rng.normal(0, 0.04, 3), 0, 1).astype(np.float32)


def _gradient(canvas: Canvas, rng: np.random.Generator, first: Array, second: Array) -> None:
    height, width = canvas.fur.shape
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    along = (
        (x / width - 0.5) * np.float32(np.cos(angle)) + (y / height - 0.5) * np.float32(np.sin(angle)) + np.float32(0.5)
    )
    along += cloud_noise(rng, height, width, 5) * np.float32(0.1)
    canvas.image[:] = first[:, None, None] + (second - first)[:, None, None] * np.clip(along, 0, 1)


def _box(canvas: Canvas, left: float, top: float, right: float, bottom: float) -> Array:
    height, width = canvas.fur.shape
    corners = points((left, top), (right, top), (right, bottom), (left, bottom))
    return corners * points((float(width), float(height)))


def _wall(canvas: Canvas, rng: np.random.Generator) -> None:
    colour = _colour(rng, WALLS)
    _gradient(canvas, rng, colour * np.float32(1.12), colour * np.float32(rng.uniform(0.6, 0.95)))


def _garden(canvas: Canvas, rng: np.random.Generator) -> None:
    """Many leaves and blades of grass over dark green, with some sky between them."""
    _gradient(canvas, rng, _colour(rng, LEAVES) * np.float32(0.5), _colour(rng, LEAVES))
    height, width = canvas.fur.shape
    for _ in range(90):
        x, y, long = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(3, 16)
        leaf = ellipse(x, y, long, long * rng.uniform(0.15, 0.5), rng.uniform(0, np.pi), 10)
        canvas.fill(leaf, _colour(rng, LEAVES) * np.float32(rng.uniform(0.4, 1.35)), opacity=0.85)
    if rng.random() < 0.4:
        canvas.fill(_box(canvas, 0, 0, 1, float(rng.uniform(0.1, 0.4))), bgr("dfe6ea"), soft=0.15, opacity=0.8)


def _lights(canvas: Canvas, rng: np.random.Generator) -> None:
    """Discs of light, as a wide-open lens makes them."""
    _gradient(canvas, rng, _colour(rng, WALLS) * np.float32(0.6), _colour(rng, LEAVES + THINGS) * np.float32(0.7))
    height, width = canvas.fur.shape
    for _ in range(int(rng.integers(8, 30))):
        size = rng.uniform(4, 18)
        disc = ellipse(rng.uniform(0, width), rng.uniform(0, height), size, size)
        canvas.fill(disc, _colour(rng, THINGS + WALLS + LEAVES), soft=0.01, opacity=float(rng.uniform(0.2, 0.7)))


def _room(canvas: Canvas, rng: np.random.Generator) -> None:
    """A wall, a floor, and furniture."""
    _wall(canvas, rng)
    floor = float(rng.uniform(0.55, 0.85))
    for _ in range(int(rng.integers(2, 6))):
        left, top = rng.uniform(-0.2, 0.9), rng.uniform(-0.1, 0.6)
        box = _box(canvas, left, top, left + rng.uniform(0.1, 0.5), min(floor, top + rng.uniform(0.2, 0.7)))
        canvas.fill(box, _colour(rng, THINGS + WALLS) * np.float32(rng.uniform(0.6, 1)))
    canvas.fill(_box(canvas, 0, floor, 1, 1.2), _colour(rng, WALLS + THINGS) * np.float32(0.8))
    canvas.fill(_box(canvas, 0, floor - 0.015, 1, floor + 0.015), bgr("2a2624"), opacity=0.5, soft=0.02)


def _cloth(canvas: Canvas, rng: np.random.Generator) -> None:
    """A blanket in folds, plain or striped."""
    colour = _colour(rng, THINGS + WALLS)
    _gradient(canvas, rng, colour, colour * np.float32(0.7))
    height, width = canvas.fur.shape
    if rng.random() < 0.6:
        stripe, step = _colour(rng, THINGS + WALLS), float(rng.uniform(0.08, 0.25))
        for left in np.arange(0, 1, step):
            canvas.fill(_box(canvas, left, 0, left + step / 2, 1), stripe, opacity=0.7)
    canvas.image *= 1 + np.float32(0.22) * cloud_noise(rng, height, width, 7)
    canvas.image += white_noise(rng, height, width) * np.float32(0.02)
