"""Whole pictures: face crops framed as AFHQ's, and photos with key points as the CAT data set's."""

import cv2
import numpy as np
from numpy.typing import NDArray

from frugalgan.data.sources.drawing.backgrounds import draw_background
from frugalgan.data.sources.drawing.canvas import Array
from frugalgan.data.sources.drawing.cats import draw_cat
from frugalgan.data.sources.drawing.coats import draw_coat
from frugalgan.data.sources.drawing.dogs import draw_dog
from frugalgan.data.sources.drawing.noise import white_noise
from frugalgan.data.sources.drawing.pose import Pose
from frugalgan.data.sources.drawing.sitter import Light, Sitter

SCENE_SIZES = ((640, 480), (500, 375), (480, 640), (600, 450), (500, 500), (720, 480))


def draw_face(kind: str, rng: np.random.Generator, size: int) -> NDArray[np.uint8]:
    """A `kind` (cat or dog) face that fills a square: (size, size, 3) uint8 BGR, eyes level near the middle."""
    unit = size * float(rng.uniform(0.29, 0.335))
    middle = 0.49 if kind == "cat" else 0.44
    centre = (size * float(rng.normal(0.5, 0.015)), size * float(rng.normal(middle, 0.015)))
    yaw, pitch, roll = (float(np.clip(rng.normal(0, s), -2.2 * s, 2.2 * s)) for s in (0.16, 0.07, 0.035))
    # Turning moves what is in front of the skull; the face stays in the middle.
    pose = Pose((centre[0] - 0.45 * unit * np.sin(yaw), centre[1]), unit, yaw, pitch, roll)
    picture, _ = _draw(kind, rng, size, size, pose)
    return picture


def draw_scene(rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """A photo of a cat: (H, W, 3) uint8 BGR and its nine key points (9, 2) as integer pixels (x, y).

    Some of the key points may lie outside the photo, as in the CAT data set.
    """
    width, height = SCENE_SIZES[int(rng.integers(len(SCENE_SIZES)))]
    short = min(width, height)
    unit = short * float(rng.uniform(0.11, 0.2))
    centre = (width * float(rng.uniform(0.28, 0.72)), height * float(rng.uniform(0.24, 0.55)))
    yaw, pitch = (float(np.clip(rng.normal(0, s), -2.2 * s, 2.2 * s)) for s in (0.2, 0.09))
    pose = Pose(centre, unit, yaw, pitch, float(np.radians(rng.uniform(-25, 25))))
    picture, key_points = _draw("cat", rng, height, width, pose)
    return picture, np.round(key_points).astype(np.int64)


def _draw(kind: str, rng: np.random.Generator, height: int, width: int, pose: Pose) -> tuple[NDArray[np.uint8], Array]:
    """The picture (H, W, 3) uint8 BGR, and key points (9, 2), none (0, 2) for dogs."""
    background = draw_background(rng, height, width)
    sitter = Sitter(background, pose, draw_coat(rng, kind), rng)
    side = float(rng.uniform(-0.9, 0.9))
    light = Light((side, float(rng.uniform(-0.8, -0.1))), float(rng.uniform(0.2, 0.8)))
    sitter.body(float(rng.normal(0, 0.25)))
    if kind == "cat":
        key_points = draw_cat(sitter, light)
    else:
        draw_dog(sitter, light)
        key_points = np.empty((0, 2), np.float32)
    return _develop(sitter.picture.image, rng, side), key_points


def _develop(image: Array, rng: np.random.Generator, side: float) -> NDArray[np.uint8]:
    """What the camera adds: fall-off of the light, colour cast, contrast, a little blur and noise."""
    _, height, width = image.shape
    warmth, green = rng.normal(0, 0.035), rng.normal(0, 0.012)
    cast = np.array([1 - warmth, 1 + green, 1 + warmth], np.float32) * np.float32(rng.uniform(0.88, 1.22))
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)
    falloff = 1 + np.float32(0.25 * side) * x
    contrast, level = np.float32(rng.uniform(0.85, 1.15)), np.float32(0.45)
    noise = white_noise(rng, height, width) * np.float32(255 * rng.uniform(0.004, 0.02))
    noise += np.float32(255) * level * (1 - contrast) + np.float32(0.5)
    planes = []
    for plane, gain in zip(image, cast * contrast * np.float32(255), strict=True):
        plane *= gain * falloff
        plane += noise
        planes.append(np.clip(plane, 0, 255, out=plane).astype(np.uint8))
    picture = cv2.merge(planes)
    sigma = float(rng.uniform(0, 1.1))
    if sigma > 0.4:
        picture = cv2.GaussianBlur(picture, (5, 5), sigma)
    return picture.astype(np.uint8, copy=False)
