"""A cat's head: pricked triangular ears, short muzzle, big slit eyes, whiskers; and its nine key points."""

import numpy as np

from frugalgan.data.sources.drawing.canvas import Array, bgr
from frugalgan.data.sources.drawing.eyes import CAT_IRISES, EYE_DEPTH, Eyes, draw_eyes
from frugalgan.data.sources.drawing.muzzles import draw_cat_nose, draw_whiskers
from frugalgan.data.sources.drawing.pose import ellipse, flipped, mirrored, points, rounded
from frugalgan.data.sources.drawing.sitter import Light, Sitter

NOSE_Y, NOSE_DEPTH = 0.6, 0.85
MOUTH = (0.0, 0.82)
_EAR_DEPTH = -0.1
_PINK = ("d79a94", "c98880", "b87c74", "e0aba2")


def draw_cat(sitter: Sitter, light: Light) -> Array:
    """Paints the head; the body is there already.

    Returns:
        Key points in pixels, (9, 2) float32: left eye, right eye, mouth, left ear (outer base, tip, inner base),
        right ear (inner base, tip, outer base). Left is left in the picture, as in the CAT data set.
    """
    pose, rng, coat = sitter.pose, sitter.rng, sitter.coat
    width = float(rng.uniform(0.94, 1.08))
    ear = _ear(rng)
    for side in (-1, 1):
        _draw_ear(sitter, flipped(ear, side), side)
    cheeks = float(rng.uniform(1.1, 1.24))
    head = mirrored(
        points((0.3, -0.86), (0.75, -0.74), (1.04, -0.25), (cheeks, 0.3), (1.1, 0.75), (0.72, 1.14), (0.28, 1.3))
    ) * points((width, 1.0))
    outline = pose.project(rounded(head), 0.05)
    sitter.shadow(outline + points((0, 0.2 * pose.unit)), 0.35, 0.35)
    sitter.lay(outline)
    sitter.relief.lift(outline, 0.55, 0.7)
    _draw_muzzle(sitter)
    sitter.finish_fur(light)
    iris = bgr(str(rng.choice(CAT_IRISES))) if coat.marking != "points" else bgr("6fa8d6")
    radius, opening = float(rng.uniform(0.175, 0.23)), float(rng.uniform(0.6, 0.92))
    slant, pupil = float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.2, 0.7))
    eyes = Eyes(iris, radius, opening, slant, pupil, slit=True)
    draw_eyes(sitter.picture, pose, eyes, light.direction[0])
    leather = bgr(str(rng.choice(_PINK))) if float(coat.base.mean()) > 0.3 or rng.random() < 0.2 else bgr("2a2322")
    draw_cat_nose(sitter.picture, pose, leather, NOSE_Y, NOSE_DEPTH)
    whiskers = bgr("f5f2ec") if float(coat.muzzle.mean()) < 0.8 or rng.random() < 0.7 else bgr("55504a")
    draw_whiskers(sitter.picture, pose, rng, whiskers, NOSE_Y, NOSE_DEPTH)
    return _key_points(sitter, ear)


def _ear(rng: np.random.Generator) -> Array:
    """Right ear: outer base, tip, inner base, (3, 2)."""
    tip = (float(rng.uniform(0.92, 1.25)), float(rng.uniform(-1.62, -1.3)))
    return points((1.04, -0.42), tip, (0.34, -0.8))


def _draw_ear(sitter: Sitter, ear: Array, side: int) -> None:
    outer, tip, inner = ear
    root = points((0.6 * side, -0.2))[0]
    out_bulge = 0.5 * (outer + tip) + points((0.1 * side, 0.0))[0]
    in_bulge = 0.5 * (inner + tip) + points((-0.03 * side, -0.04))[0]
    shell = np.stack([root, outer, out_bulge, tip, tip, in_bulge, inner])
    project = sitter.pose.project
    sitter.lay(project(rounded(shell), _EAR_DEPTH), shaggy=0.03, tint=sitter.coat.ears, opacity=0.75)
    middle = (outer + tip + inner) / 3
    hollow = (rounded(shell) - middle) * points((0.66, 0.74)) + middle + points((0.03 * side, 0.02))
    pink = bgr(str(sitter.rng.choice(_PINK))) * np.float32(0.6 + 0.35 * min(1.0, 1.6 * float(sitter.coat.base.mean())))
    sitter.picture.fill(project(hollow, _EAR_DEPTH), pink, soft=0.06, opacity=0.9)
    deep = (hollow - middle) * np.float32(0.55) + middle + points((0.04 * side, 0.2))
    sitter.picture.fill(project(deep, _EAR_DEPTH), pink * np.float32(0.45), soft=0.14, opacity=0.7)
    tuft = np.stack(
        [
            inner + points((0.05 * side, 0.3))[0],
            inner,
            0.45 * tip + 0.55 * middle,
            middle + points((0, 0.3))[0],
        ]
    )
    sitter.picture.fill(project(tuft, _EAR_DEPTH), sitter.coat.light, soft=0.05, shaggy=0.12, opacity=0.75)
    sitter.relief.lift(project(rounded(shell), _EAR_DEPTH), 0.3, 0.1)
    sitter.relief.lift(project(hollow, _EAR_DEPTH), -0.2, 0.15)


def _draw_muzzle(sitter: Sitter) -> None:
    pose, picture, coat = sitter.pose, sitter.picture, sitter.coat
    bridge = rounded(mirrored(points((0.1, -0.25), (0.16, 0.2), (0.2, 0.6))))
    sitter.relief.lift(pose.project(bridge, 0.6), 0.22, 0.25)
    picture.fill(pose.project(ellipse(0, 1.02, 0.3, 0.2), 0.6), coat.muzzle, soft=0.1, shaggy=0.04, opacity=0.85)
    sitter.shadow(pose.project(ellipse(0, 0.93, 0.3, 0.06), 0.7), 0.3, 0.08)
    for side in (-1, 1):
        pad = flipped(ellipse(0.2, 0.76, 0.3, 0.2, 0.15), side)
        picture.fill(pose.project(pad, 0.72), coat.muzzle, soft=0.1, shaggy=0.03, opacity=0.85)
        sitter.relief.lift(pose.project(pad, 0.72), 0.16, 0.2)
        socket = flipped(ellipse(0.46, 0.0, 0.36, 0.28), side)
        sitter.relief.lift(pose.on_face(socket), -0.1, 0.25)
        inner = flipped(points((0.2, 0.12), (0.3, 0.02), (0.17, 0.5), (0.12, 0.5)), side)
        sitter.shadow(pose.on_face(inner, 0.05), 0.3, 0.07)
    sitter.relief.lift(pose.project(ellipse(0, 1.05, 0.25, 0.18), 0.6), 0.08, 0.15)


def _key_points(sitter: Sitter, ear: Array) -> Array:
    project = sitter.pose.project
    eyes = project(points((-0.5, 0.0), (0.5, 0.0)), EYE_DEPTH)
    mouth = project(points(MOUTH), NOSE_DEPTH - 0.08)
    left, right = (project(flipped(ear, side), _EAR_DEPTH) for side in (-1, 1))
    return np.concatenate([eyes, mouth, left, right[::-1]])
