"""A dog's head: hanging, folded or pricked ears, a long muzzle with a large nose, round dark eyes."""

import numpy as np

from frugalgan.data.sources.drawing.canvas import Array, bgr
from frugalgan.data.sources.drawing.eyes import DOG_IRISES, Eyes, draw_eyes
from frugalgan.data.sources.drawing.muzzles import draw_dog_mouth, draw_dog_nose
from frugalgan.data.sources.drawing.pose import ellipse, flipped, mirrored, points, rounded
from frugalgan.data.sources.drawing.sitter import Light, Sitter

_EARS = ("hanging", "folded", "pricked")
_MUZZLE_DEPTH = 0.85


def draw_dog(sitter: Sitter, light: Light) -> None:
    """Paints the head; the body is there already."""
    pose, rng, coat = sitter.pose, sitter.rng, sitter.coat
    ears = str(rng.choice(_EARS, p=(0.62, 0.2, 0.18)))
    length = float(rng.uniform(0.92, 1.15))
    jowl = float(rng.uniform(0.85, 1.2))
    breadth = float(rng.uniform(0.88, 1.06))
    if ears == "pricked":
        _draw_pricked_ears(sitter)
    skull = mirrored(
        points(
            (0.3, -0.98),
            (0.72, -0.85),
            (1.0, -0.4),
            (1.02, 0.1),
            (0.9, 0.55),
            (0.78 * jowl, 1.0),
            (0.66 * jowl, 1.4),
            (0.25, 1.6),
        )
    )
    outline = pose.project(rounded(skull) * points((breadth, 0.9 + 0.1 * length)), 0.05)
    sitter.shadow(outline + points((0, 0.25 * pose.unit)), 0.4, 0.35)
    sitter.lay(outline)
    sitter.relief.lift(outline, 0.6, 0.7)
    if ears != "pricked":
        _draw_lobes(sitter, ears)
    nose_y = 0.68 * length
    _draw_muzzle(sitter, length, jowl)
    sitter.finish_fur(light)
    _draw_eyes(sitter, light)
    tongue = float(rng.uniform(0.3, 0.5)) if rng.random() < 0.3 else 0.0
    draw_dog_mouth(sitter.picture, pose, nose_y + 0.42, 0.36 * jowl, _MUZZLE_DEPTH, tongue)
    leather = bgr(str(rng.choice(["1a1717", "231c1b", "171515", "4d2f26"])))
    if float(coat.base.mean()) < 0.2:
        leather = bgr("121011")
    draw_dog_nose(sitter.picture, pose, leather, nose_y, float(rng.uniform(0.26, 0.35)), _MUZZLE_DEPTH + 0.15)


def _draw_eyes(sitter: Sitter, light: Light) -> None:
    rng = sitter.rng
    iris = bgr(str(rng.choice(DOG_IRISES, p=(0.22, 0.22, 0.2, 0.18, 0.12, 0.06))))
    radius, opening = float(rng.uniform(0.14, 0.175)), float(rng.uniform(0.72, 0.95))
    slant, pupil = float(rng.uniform(-0.25, 0.12)), float(rng.uniform(0.42, 0.6))
    eyes = Eyes(iris, radius, opening, slant, pupil, slit=False)
    draw_eyes(sitter.picture, sitter.pose, eyes, light.direction[0])


def _draw_muzzle(sitter: Sitter, length: float, jowl: float) -> None:
    pose, coat = sitter.pose, sitter.coat
    stretch = points((1.0, length))
    half = points((0.12, -0.1), (0.24, 0.2), (0.44 * jowl, 0.5), (0.64 * jowl, 0.85), (0.6 * jowl, 1.2), (0.25, 1.36))
    muzzle = rounded(mirrored(half)) * stretch
    lower = rounded(mirrored(half[1:])) * stretch
    chin = rounded(mirrored(points((0.2, 1.0), (0.36, 1.2), (0.3, 1.42), (0.1, 1.5)))) * stretch
    sitter.picture.fill(pose.project(chin, 0.55), coat.muzzle * np.float32(0.85), soft=0.06, shaggy=0.06, opacity=0.9)
    sitter.shadow(pose.project(lower, 0.6) + points((0, 0.08 * pose.unit)), 0.35, 0.16)
    sitter.lay(pose.project(muzzle, 0.6), shaggy=0.09, tint=coat.muzzle, opacity=0.15)
    sitter.picture.fill(pose.project(lower, 0.65), coat.muzzle, soft=0.16, shaggy=0.06, opacity=0.85)
    sitter.relief.lift(pose.project(muzzle, 0.65), 0.38, 0.3)
    sitter.relief.lift(pose.project(rounded(mirrored(points((0.08, -0.2), (0.14, 0.4)))), 0.7), 0.1, 0.15)
    for side in (-1, 1):
        sitter.relief.lift(pose.on_face(flipped(ellipse(0.48, 0.02, 0.3, 0.25), side)), -0.12, 0.22)
        sitter.relief.lift(pose.on_face(flipped(ellipse(0.42, -0.35, 0.28, 0.16), side)), 0.1, 0.2)
        flew = flipped(ellipse(0.25, 0.95, 0.26 * jowl, 0.26), side) * stretch
        sitter.relief.lift(pose.project(flew, _MUZZLE_DEPTH), 0.14, 0.2)


def _draw_pricked_ears(sitter: Sitter) -> None:
    rng, project = sitter.rng, sitter.pose.project
    tip = points((float(rng.uniform(0.85, 1.15)), float(rng.uniform(-1.75, -1.45))))[0]
    shell = np.stack([*points((0.5, -0.3), (1.0, -0.35), (1.14, -0.95)), tip, tip, *points((0.5, -1.25), (0.26, -0.8))])
    for side in (-1, 1):
        outline = rounded(flipped(shell, side))
        sitter.lay(project(outline, -0.1), shaggy=0.05, tint=sitter.coat.ears, opacity=0.8)
        middle = outline.mean(0)
        hollow = (outline - middle) * points((0.55, 0.7)) + middle
        sitter.picture.fill(
            project(hollow, -0.1),
            sitter.coat.ears * np.float32(0.5) + bgr("503a36") * np.float32(0.5),
            soft=0.1,
        )
        sitter.relief.lift(project(outline, -0.1), 0.25, 0.1)
        sitter.relief.lift(project(hollow, -0.1), -0.15, 0.15)


def _draw_lobes(sitter: Sitter, ears: str) -> None:
    """Ears that hang beside the face, or fold forward from a raised root."""
    rng = sitter.rng
    if ears == "hanging":
        drop, reach = float(rng.uniform(0.55, 1.25)), float(rng.uniform(1.22, 1.5))
        lobe = points(
            (0.55, -0.92),
            (0.95, -0.95),
            (reach, -0.5),
            (reach + 0.06, 0.5 * drop),
            (reach - 0.1, drop),
            (reach - 0.34, drop + 0.06),
            (0.93, 0.6 * drop),
            (0.86, -0.2),
            (0.66, -0.55),
        )
    else:
        fold = float(rng.uniform(-0.35, 0.0))
        lobe = points(
            (0.4, -0.95),
            (0.7, -1.2),
            (1.1, -1.15),
            (1.34, -0.75),
            (1.22, fold),
            (1.1, fold + 0.05),
            (0.82, -0.5),
            (0.6, -0.7),
        )
    for side in (-1, 1):
        swing = points((0.0, float(rng.normal(0, 0.05))))
        outline: Array = sitter.pose.project(rounded(flipped(lobe, side) + swing), 0.1)
        sitter.shadow(outline + points((-0.1 * side, 0.1)) * np.float32(sitter.pose.unit), 0.4, 0.2)
        sitter.lay(outline, tint=sitter.coat.ears, opacity=0.8)
        sitter.relief.lift(outline, 0.22, 0.3)
