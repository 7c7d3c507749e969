"""Fur painted on the whole canvas, with its markings placed in head coordinates."""

import cv2
import numpy as np

from frugalgan.data.sources.drawing.canvas import Array, Canvas, bgr, blend
from frugalgan.data.sources.drawing.coats import PALETTES, WHITE, Coat
from frugalgan.data.sources.drawing.noise import cloud_noise
from frugalgan.data.sources.drawing.pose import Pose, ellipse, flipped, mirrored, points, rounded, tapered


def paint_coat(canvas: Canvas, pose: Pose, coat: Coat, rng: np.random.Generator) -> None:
    """Fills the whole canvas with fur and lays the markings on it; the head is cut out of it later."""
    height, width = canvas.fur.shape
    tone = cloud_noise(rng, height // 8 + 1, width // 8 + 1, 8 * max(height, width) / (3 * pose.unit)) * np.float32(
        0.12
    )
    for plane, base, light, dark in zip(canvas.image, coat.base, coat.light, coat.dark, strict=True):
        mixed = base + np.where(tone > 0, light - base, base - dark) * tone
        cv2.resize(mixed, (width, height), dst=plane, interpolation=cv2.INTER_LINEAR)
    marking = coat.marking
    if marking in ("tabby", "tabby and white"):
        _stripes(canvas, pose, coat, rng)
    if marking == "tortoiseshell":
        _patches(canvas, coat, rng)
    if marking == "spots":
        _spots(canvas, pose, coat, rng)
    if marking == "patch":
        side = int(rng.choice([-1, 1]))
        _mark(canvas, pose, flipped(ellipse(0.62, -0.1, 0.42, 0.55, 0.4), side), coat.dark, soft=0.04)
        if rng.random() < 0.5:
            _mark(canvas, pose, flipped(ellipse(0.75, -0.4, 0.5, 0.55), -side), coat.dark, soft=0.04)
    if marking in ("bicolour", "tabby and white"):
        _blaze(canvas, pose, rng)
    if marking == "tan":
        for side in (-1, 1):
            _mark(canvas, pose, flipped(ellipse(0.42, -0.34, 0.14, 0.1, -0.4), side), coat.light, soft=0.03)
            _mark(canvas, pose, flipped(ellipse(0.75, 0.75, 0.4, 0.5), side), coat.light, soft=0.2)
    if marking == "points":
        _mark(canvas, pose, ellipse(0, 0.45, 0.62, 0.75), coat.dark, soft=0.45, opacity=0.9)


def _mark(
    canvas: Canvas, pose: Pose, outline: Array, colour: Array, *, soft: float = 0.03, opacity: float = 1.0
) -> None:
    canvas.fill(pose.on_face(outline), colour, soft=soft, shaggy=min(0.06, 0.6 * soft + 0.02), opacity=opacity)


def _stripes(canvas: Canvas, pose: Pose, coat: Coat, rng: np.random.Generator) -> None:
    """Tabby: the M on the forehead, bars from the outer corner of the eye, bands on cheeks, neck and body."""
    strength = float(rng.uniform(0.55, 0.95))
    width = float(rng.uniform(0.07, 0.13))
    paths = [
        points((0.0, -0.32), (0.02, -0.6), (0.0, -1.0)),
        points((0.14, -0.28), (0.2, -0.55), (0.16, -1.0)),
        points((0.36, -0.3), (0.36, -0.55), (0.34, -0.95)),
        points((0.62, -0.22), (0.62, -0.5), (0.52, -0.9)),
        points((0.7, 0.02), (0.95, 0.08), (1.3, -0.08)),
        points((0.66, 0.3), (0.95, 0.42), (1.35, 0.35)),
        points((0.62, 0.55), (0.9, 0.75), (1.3, 0.8)),
        points((0.2, 1.35), (0.7, 1.45), (1.5, 1.2)),
        points((0.1, 1.7), (0.8, 1.85), (1.9, 1.6)),
        points((0.1, 2.1), (0.8, 2.3), (2.0, 2.0)),
    ]
    for path in paths:
        for side in (-1, 1):
            bent = flipped(path, side) + rng.normal(0, 0.03, path.shape).astype(np.float32)
            stripe = tapered(bent, width * float(rng.uniform(0.8, 1.3)))
            _mark(canvas, pose, stripe, coat.dark, soft=0.02, opacity=strength)
    for side in (-1, 1):  # the paler fur round the eyes makes them stand out
        _mark(canvas, pose, flipped(ellipse(0.5, 0.0, 0.34, 0.27), side), coat.light, soft=0.12, opacity=0.6)


def _patches(canvas: Canvas, coat: Coat, rng: np.random.Generator) -> None:
    """Tortoiseshell: ginger among the dark fur, in irregular islands; calico has white ones too."""
    height, width = canvas.fur.shape
    scale = 6 * max(height, width) / (3 * canvas.unit)
    ginger, black = bgr(PALETTES["ginger"][0]), bgr(PALETTES["black"][0])
    canvas.image[:] = black[:, None, None]
    colours = [ginger, WHITE] if rng.random() < 0.5 else [ginger]
    for colour in colours:
        island = cloud_noise(rng, height, width, scale) + np.float32(0.15) * canvas.fur
        cover = np.clip((island - np.float32(0.2)) * np.float32(5), 0, 1)
        blend(canvas.image, colour, cover)


def _spots(canvas: Canvas, pose: Pose, coat: Coat, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(18, 34))):
        x, y = rng.uniform(-1.3, 1.3), rng.uniform(-1.1, 2.2)
        size = rng.uniform(0.05, 0.15)
        spot = ellipse(x, y, size, size * rng.uniform(0.7, 1.2), rng.uniform(0, 3))
        _mark(canvas, pose, spot, coat.dark, soft=0.015)


def _blaze(canvas: Canvas, pose: Pose, rng: np.random.Generator) -> None:
    """White muzzle and chest, joined by a wedge up the forehead."""
    top = float(rng.uniform(-1.1, 0.1))
    spread = float(rng.uniform(0.4, 0.95))
    narrow = float(rng.uniform(0.05, 0.2))
    half = points(
        (0.02, top),
        (narrow, 0.0),
        (narrow + 0.08, 0.25),
        (spread, 0.6),
        (spread, 0.9),
        (0.9, 1.3),
        (1.2, 3.5),
    )
    shift = points((float(rng.normal(0, 0.06)), 0.0))
    _mark(canvas, pose, rounded(mirrored(half)) + shift, WHITE, soft=0.05)
