"""A head in space: its outlines in head coordinates and their projection to pixels.

Head coordinates have the middle between the eyes as origin and the eye distance as unit: x to the right as seen in
the picture, y down, z towards the camera. The left eye is at x = -0.5.
"""

from dataclasses import dataclass

import numpy as np

from frugalgan.data.sources.drawing.canvas import Array


@dataclass(frozen=True)
class Pose:
    """Where the head is and how it is turned: orthographic projection after yaw, pitch and roll.

    Attributes:
        centre: pixel (x, y) of the middle between the eyes at frontal view.
        unit: eye distance in pixels at frontal view.
        yaw: turn to the right of the picture, radians.
        pitch: bow (positive: nose down), radians.
        roll: tilt, clockwise in the picture, radians.
    """

    centre: tuple[float, float]
    unit: float
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    def project(self, xy: Array, z: Array | float) -> Array:
        """Head coordinates (N, 2) at depth z (N,) or one number → pixels (N, 2) float32."""
        x, y = xy[:, 0], xy[:, 1]
        turned_x = x * np.cos(self.yaw) + z * np.sin(self.yaw)
        turned_z = z * np.cos(self.yaw) - x * np.sin(self.yaw)
        turned_y = y * np.cos(self.pitch) + turned_z * np.sin(self.pitch)
        cos, sin = np.cos(self.roll), np.sin(self.roll)
        pixels = np.stack([turned_x * cos - turned_y * sin, turned_x * sin + turned_y * cos], 1) * self.unit
        return (pixels + np.asarray(self.centre)).astype(np.float32)

    def on_face(self, xy: Array, lift: float = 0.0) -> Array:
        """Points (N, 2) on the rounded front of the head, raised by `lift` eye distances → pixels (N, 2)."""
        return self.project(xy, face_depth(xy) + lift)


def face_depth(xy: Array) -> Array:
    """Depth of the front of the skull at (N, 2), (N,) float32: a paraboloid that is 0.6 high and flat outside."""
    return (0.6 * np.maximum(0, 1 - (xy[:, 0] ** 2 + 0.6 * xy[:, 1] ** 2) / 1.7)).astype(np.float32)


def points(*xy: tuple[float, float]) -> Array:
    """The given (x, y) pairs as an (N, 2) float32 array."""
    return np.array(xy, np.float32)


def mirrored(half: Array) -> Array:
    """A closed outline from its right half (N, 2), listed from top to bottom → (2N, 2)."""
    return np.concatenate([half, half[::-1] * np.array([-1, 1], np.float32)])


def flipped(xy: Array, side: int) -> Array:
    """`xy` (N, 2) for side +1 (right in the picture), its mirror image for side -1."""
    return xy * np.array([side, 1], np.float32)


def rounded(outline: Array, rounds: int = 3, closed: bool = True) -> Array:
    """Chaikin's corner cutting: (N, 2) → a smooth line of about N·2^rounds points."""
    for _ in range(rounds):
        following = np.roll(outline, -1, 0)
        cut = np.stack([0.75 * outline + 0.25 * following, 0.25 * outline + 0.75 * following], 1)
        inner = cut.reshape(-1, 2)
        outline = inner if closed else np.concatenate([outline[:1], inner[1:-3], outline[-1:]])
    return outline.astype(np.float32)


def ellipse(x: float, y: float, rx: float, ry: float, tilt: float = 0.0, count: int = 28) -> Array:
    """An ellipse about (x, y) with radii rx, ry, turned by `tilt` radians, (count, 2) float32."""
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    u, v = rx * np.cos(t), ry * np.sin(t)
    cos, sin = np.cos(tilt), np.sin(tilt)
    return np.stack([x + u * cos - v * sin, y + u * sin + v * cos], 1).astype(np.float32)


def tapered(path: Array, width: float) -> Array:
    """A stripe along `path` (N, 2) that is `width` thick in the middle and pointed at both ends, (2N, 2)."""
    path = rounded(path, 2, closed=False)
    tangent = np.gradient(path, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    half = 0.5 * width * np.sin(np.linspace(0.15, np.pi - 0.1, len(path)))[:, None]
    return np.concatenate([path + normal * half, (path - normal * half)[::-1]]).astype(np.float32)
