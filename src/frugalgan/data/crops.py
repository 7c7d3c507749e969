"""Key points of a cat's head → square face crops. Pure functions on arrays.

Coordinates are pixels, x to the right and y down, with pixel centres at whole numbers.
"""

import math
import re
from dataclasses import dataclass

import cv2
import numpy as np

from frugalgan.data.images import resize

POINTS = ("left eye", "right eye", "mouth", *["left ear"] * 3, *["right ear"] * 3)
LARGEST_COORDINATE = 100_000
SMALLEST_SIDE = 8
LARGEST_SIDE = 2  # longer sides of the photo; beyond it a crop is mostly its own reflection
MARGIN = 10  # px around the points, in the thesis's crop
# AFHQ's own crops, averaged over 400 cats: eyes 1/3.4 of the width apart, their middle within 1 % of the centre,
# the mouth 0.93 eye distances below. A little tighter here. On a head turned aside the eyes stand closer together
# but the mouth keeps its distance: then the mouth gives the width.
WIDTH_IN_EYE_DISTANCES, WIDTH_IN_MOUTH_DISTANCES = 3.2, 3.0
CENTRE_TOWARDS_MOUTH = 0.1


class FaceError(ValueError):
    """Key points that don't give a face crop; the message says why."""


@dataclass(frozen=True)
class CropBox:
    """A square in a photo: centre (x, y) and side in px; `angle` in degrees by which its top edge turns
    clockwise (as seen on the screen) from the photo's."""

    x: float
    y: float
    side: float
    angle: float = 0.0


def parse_cat(text: str) -> np.ndarray:
    """The annotation of a CAT photo, `9 x y x y …` → (9, 2) float64 in the order of `POINTS`.

    Points may lie outside the photo. FaceError if the text is anything but 9 and 18 whole numbers.
    """
    words = text.split()
    if not words:
        raise FaceError("the annotation is empty")
    for word in words:
        if not re.fullmatch(r"-?[0-9]+", word):
            raise FaceError(f"{word[:20]!r} is not a whole number")
        if len(word) > 20 or abs(int(word)) > LARGEST_COORDINATE:
            raise FaceError(f"{word[:20]} is no pixel coordinate (at most {LARGEST_COORDINATE})")
    if words[0] != "9":
        raise FaceError(f"{words[0]} key points announced, not 9")
    if len(words) != 19:
        raise FaceError(f"9 key points need 18 numbers after the count, found {len(words) - 1}")
    return np.array(words[1:], dtype=np.float64).reshape(9, 2)


def crop_thesis(image: np.ndarray, points: np.ndarray, size: int) -> tuple[np.ndarray, CropBox]:
    """The thesis's crop: (H, W, 3) uint8 and (9, 2) points → (size, size, 3) uint8 and its box.

    The points' bounding box, 10 px larger on each side, clipped to the photo, then made square to the right and
    downwards by its longer side; what that adds beyond the photo is reflected. FaceError if it is too small.
    """
    height, width = image.shape[:2]
    lowest = np.floor(points.min(axis=0)).astype(int) - MARGIN
    highest = np.ceil(points.max(axis=0)).astype(int) + MARGIN
    left, top = np.clip(lowest, 0, (width, height)).tolist()
    right, bottom = np.clip(highest + 1, 0, (width, height)).tolist()
    if right <= left or bottom <= top:
        raise FaceError("all key points lie outside the photo")
    return _cut_upright(image, left, top, max(right - left, bottom - top), size)


def crop_eyes(image: np.ndarray, points: np.ndarray, size: int) -> tuple[np.ndarray, CropBox]:
    """An upright face as in AFHQ: (H, W, 3) uint8 and (9, 2) points → (size, size, 3) uint8 and its box.

    A square turned so that the eyes are level, centred just below their middle, 3.2 eye distances wide (more
    if the mouth shows that the head is turned away); reflected where it leaves the photo. Only the first
    three points count. FaceError for a crop too small, too large or centred outside the photo.
    """
    box = _eyes_box(points)
    height, width = image.shape[:2]
    if not (-0.5 <= box.x <= width - 0.5 and -0.5 <= box.y <= height - 0.5):
        raise FaceError(f"the face's centre ({box.x:.0f}, {box.y:.0f}) is outside the {width}×{height} photo")
    if box.side > LARGEST_SIDE * max(width, height):
        raise FaceError(f"the face would be {box.side:.0f} px wide in a photo of {width}×{height}")
    return _cut_turned(image, box, size), box


def crop_centre(image: np.ndarray, size: int, *, factor: int = 1) -> tuple[np.ndarray, CropBox]:
    """The largest centred square, for photos that are face crops already: as `crop_thesis`.

    The box is in pixels of the photo that is `factor` times as large as `image`.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    face, box = _cut_upright(image, (width - side) // 2, (height - side) // 2, side, size)
    x, y = ((at + 0.5) * factor - 0.5 for at in (box.x, box.y))
    return face, CropBox(x, y, box.side * factor)


def _eyes_box(points: np.ndarray) -> CropBox:
    left_eye, right_eye, mouth = points[:3]
    middle = (left_eye + right_eye) / 2
    across, down = right_eye - left_eye, mouth - middle
    eye_distance = math.hypot(*across)
    if eye_distance < 1:
        raise FaceError("the eyes' key points coincide")
    side = max(WIDTH_IN_EYE_DISTANCES * eye_distance, WIDTH_IN_MOUTH_DISTANCES * math.hypot(*down))
    _check_side(side)
    x, y = middle + CENTRE_TOWARDS_MOUTH * down
    return CropBox(float(x), float(y), side, math.degrees(math.atan2(across[1], across[0])))


def _check_side(side: float) -> None:
    if side < SMALLEST_SIDE:
        raise FaceError(f"the crop would be {side:.3g} px wide, less than {SMALLEST_SIDE}")


def _cut_upright(image: np.ndarray, left: int, top: int, side: int, size: int) -> tuple[np.ndarray, CropBox]:
    _check_side(side)
    square = image[top : top + side, left : left + side]
    below, right = side - square.shape[0], side - square.shape[1]
    if below or right:
        square = cv2.copyMakeBorder(square, 0, below, 0, right, cv2.BORDER_REFLECT)
    return resize(square, size), CropBox(left + (side - 1) / 2, top + (side - 1) / 2, side)


def _cut_turned(image: np.ndarray, box: CropBox, size: int) -> np.ndarray:
    """Sample the turned square without aliasing: shrink the photo, turn at two or three times the size, average."""
    shrink = max(1, min(round(box.side / (2 * size)), *image.shape[:2]))
    around, left, top = _surroundings(image, box, shrink)
    height, width = around.shape[0] // shrink, around.shape[1] // shrink
    if shrink > 1:
        around = cv2.resize(around, (width, height), interpolation=cv2.INTER_AREA)
    fine = size * math.ceil(box.side / (shrink * size))
    step = box.side / (shrink * fine)
    cos, sin = math.cos(math.radians(box.angle)) * step, math.sin(math.radians(box.angle)) * step
    # Pixel centres are whole numbers in both pictures: x_small = (x + 1/2) / shrink − 1/2.
    x, y = (box.x - left + 0.5) / shrink - 0.5, (box.y - top + 0.5) / shrink - 0.5
    middle = (fine - 1) / 2
    to_around = np.array([[cos, -sin, x - (cos - sin) * middle], [sin, cos, y - (sin + cos) * middle]])
    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_LINEAR if fine > size else cv2.INTER_CUBIC)
    turned = cv2.warpAffine(around, to_around, (fine, fine), flags=flags, borderMode=cv2.BORDER_REFLECT)
    return resize(turned, size)


def _surroundings(image: np.ndarray, box: CropBox, multiple: int) -> tuple[np.ndarray, int, int]:
    """The part of the photo that a turned square needs, its sides multiples of `multiple`, and its left and top.

    Whole multiples are what OpenCV averages fast; up to `multiple` − 1 px at the photo's far edges are lost.
    """
    reach = box.side * (abs(math.cos(math.radians(box.angle))) + abs(math.sin(math.radians(box.angle)))) / 2
    reach += 2 * multiple  # what interpolation and the reflection at the edge look at
    (left, right), (top, bottom) = (
        (max(0, math.floor(at - reach)), min(length, math.ceil(at + reach)))
        for at, length in ((box.x, image.shape[1]), (box.y, image.shape[0]))
    )
    right, bottom = right - (right - left) % multiple, bottom - (bottom - top) % multiple
    return image[top:bottom, left:right], left, top
