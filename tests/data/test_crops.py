"""Facts about key points and crops: drawn discs at known points land where they should."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frugalgan.data.crops import CropBox, FaceError, crop_centre, crop_eyes, crop_thesis, parse_cat

REAL_LINE = "9 175 160 239 162 199 199 149 121 137 78 166 93 281 101 312 96 296 133 "  # 00000001_000.jpg.cat
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
EYE_DISTANCE, MOUTH_DISTANCE = 60.0, 50.0


def head(*, x: float, y: float, angle: float, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """A grey photo with discs for left eye (red), right eye (green) and mouth (blue) of a head turned by `angle`."""
    turn = np.array(
        [
            [math.cos(math.radians(angle)), -math.sin(math.radians(angle))],
            [math.sin(math.radians(angle)), math.cos(math.radians(angle))],
        ]
    )
    half = EYE_DISTANCE / 2
    ears = [(-70, -50), (-60, -100), (-30, -70), (30, -70), (60, -100), (70, -50)]
    points = np.array([(-half, 0), (half, 0), (0, MOUTH_DISTANCE), *ears]) @ turn.T + (x, y)
    photo = np.full((height, width, 3), 128, np.uint8)
    for point, colour in zip(points, (RED, GREEN, BLUE), strict=False):
        cv2.circle(photo, tuple(np.round(point).astype(int).tolist()), 6, colour, -1, cv2.LINE_AA)
    return photo, points


def place_of(face: np.ndarray, channel: int) -> np.ndarray:
    """Centre (x, y), as a share of the width, of the disc that is bright in one channel only."""
    others = [c for c in range(3) if c != channel]
    weight = np.clip(face[..., channel].astype(float) - face[..., others].max(axis=-1) - 40, 0, None)
    rows, columns = np.indices(weight.shape)
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum() / len(face) + 0.5 / len(face)


def test_the_real_line_parses() -> None:
    points = parse_cat(REAL_LINE)
    assert points.shape == (9, 2)
    assert points[:3].tolist() == [[175, 160], [239, 162], [199, 199]]
    assert points[-1].tolist() == [296, 133]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("8 " + "1 2 " * 8, "8 key points"),
        ("9 " + "1 2 " * 8, "found 16"),
        ("9 " + "1 2 " * 9 + "3", "found 19"),
        (REAL_LINE.replace("239", "left"), "'left'"),
        (REAL_LINE.replace("239", "2_39"), "'2_39'"),
        (REAL_LINE.replace("239", "nan"), "'nan'"),
        (REAL_LINE.replace("239", "9" * 5000), "no pixel coordinate"),
        (REAL_LINE.replace("239", "-100001"), "no pixel coordinate"),
    ],
)
def test_a_bad_annotation_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(FaceError, match=reason):
        parse_cat(text)


def test_points_outside_the_photo_are_normal() -> None:
    assert parse_cat(REAL_LINE.replace("175", "-12"))[0, 0] == -12


@given(st.text() | st.lists(st.integers(-200_000, 200_000)).map(lambda numbers: " ".join(map(str, numbers))))
def test_any_text_parses_or_is_an_error(text: str) -> None:
    try:
        assert parse_cat(text).shape == (9, 2)
    except FaceError as error:
        assert str(error)


@pytest.mark.parametrize("angle", [0, 20, -35, 90, 170])
@pytest.mark.parametrize("size", [32, 64, 200, 400])
def test_eyes_are_level_and_in_place_whatever_the_tilt(angle: float, size: int) -> None:
    photo, points = head(x=300, y=280, angle=angle, width=620, height=560)
    face, box = crop_eyes(photo, points, size)
    left, right, mouth = (place_of(face, channel) for channel in range(3))
    assert face.shape == (size, size, 3)
    assert box.side == pytest.approx(3.2 * EYE_DISTANCE)
    assert box.angle == pytest.approx(angle)
    # Eyes 1/3.2 of the width apart, symmetric, just above the centre; discs are drawn to the nearest pixel.
    tolerance = 1.2 / box.side
    down = 0.1 * MOUTH_DISTANCE / box.side
    assert left == pytest.approx([0.5 - 0.5 / 3.2, 0.5 - down], abs=tolerance)
    assert right == pytest.approx([0.5 + 0.5 / 3.2, 0.5 - down], abs=tolerance)
    assert mouth == pytest.approx([0.5, 0.5 + 9 * down], abs=tolerance)


def test_a_head_turned_aside_keeps_its_size() -> None:
    photo, points = head(x=300, y=280, angle=0, width=620, height=560)
    aside = points.copy()
    aside[:2] = aside[:2].mean(axis=0) + (aside[:2] - aside[:2].mean(axis=0)) / 3
    assert crop_eyes(photo, aside, 64)[1].side == pytest.approx(3 * MOUTH_DISTANCE)


def test_large_crops_shrink_without_aliasing() -> None:
    board = np.repeat((np.indices((1200, 1200)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    for angle in (0, 45, 10):
        _, points = head(x=600, y=600, angle=angle, width=8, height=8)
        face, _ = crop_eyes(board, 600 + (points - 600) * 3, 64)
        assert np.abs(face.astype(float) - 127.5).max() < 20


def test_what_leaves_the_photo_is_reflected() -> None:
    photo, points = head(x=40, y=40, angle=0, width=400, height=300)
    photo[:] = np.linspace(0, 250, 400).astype(np.uint8)[None, :, None]
    face, box = crop_eyes(photo, points, 64)
    edge = -(box.x - box.side / 2) / box.side * 64  # columns left of the photo
    row = face[32, :, 0].astype(int)
    assert edge > 10
    assert row[round(edge) - 8] == pytest.approx(row[round(edge) + 7], abs=4)
    assert (face[..., 0] == face[0, :, 0]).all()


def test_thesis_crop_of_the_real_line() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (375, 500, 3), dtype=np.uint8)
    points = parse_cat(REAL_LINE)
    # x 137 … 312, y 78 … 199, ten more on each side: 127 … 322 and 68 … 209, so 196 px from (127, 68) on.
    face, box = crop_thesis(photo, points, 196)
    assert box == CropBox(x=127 + 97.5, y=68 + 97.5, side=196)
    assert np.array_equal(face, photo[68 : 68 + 196, 127 : 127 + 196])


def test_thesis_crop_is_clipped_and_padded_by_reflection() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (100, 300, 3), dtype=np.uint8)
    points = np.array([(-20, 40), (220, 60), (120, 90)] + [(100, 50)] * 6, float)
    face, box = crop_thesis(photo, points, 231)
    assert box == CropBox(x=115, y=30 + 115, side=231)
    assert np.array_equal(face[:70], photo[30:, :231])
    assert np.array_equal(face[70:140], photo[:29:-1, :231])


def test_centre_crop_takes_the_middle_square() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    face, box = crop_centre(photo, 40)
    assert np.array_equal(face, photo[:, 10:50])
    assert box == CropBox(x=29.5, y=19.5, side=40)
    assert crop_centre(photo, 40, factor=2)[1] == CropBox(x=59.5, y=39.5, side=80)


@pytest.mark.parametrize("crop", [crop_eyes, crop_thesis])
def test_crops_say_why_there_is_none(crop: object) -> None:
    photo = np.zeros((300, 400, 3), np.uint8)
    points = parse_cat(REAL_LINE)
    assert callable(crop)
    with pytest.raises(FaceError, match="outside"):
        crop(photo, points + 5000, 64)
    if crop is crop_eyes:
        with pytest.raises(FaceError, match="coincide"):
            crop(photo, np.full((9, 2), 50.0), 64)
        with pytest.raises(FaceError, match="px wide, less than 8"):
            crop(photo, 100 + (points - 100) / 40, 64)
        with pytest.raises(FaceError, match="px wide in a photo"):
            crop(photo, 200 + (points - points[:3].mean(axis=0)) * 20, 64)
    with pytest.raises(FaceError, match="less than 8"):
        crop_thesis(photo[:5, :5], points * 0 + 2, 64)


POINTS = st.lists(st.tuples(st.integers(-2000, 2000), st.integers(-2000, 2000)), min_size=9, max_size=9)


@settings(max_examples=60, deadline=None)
@given(POINTS, st.integers(1, 90), st.integers(1, 90), st.sampled_from([16, 32]))
def test_any_points_give_a_square_or_an_error(
    points: list[tuple[int, int]], height: int, width: int, size: int
) -> None:
    photo = np.full((height, width, 3), 77, np.uint8)
    for crop in (crop_eyes, crop_thesis):
        for scale in (1, 30):  # spread out, and around the photo
            try:
                face, box = crop(photo, np.array(points, float) / scale, size)
            except FaceError as error:
                assert str(error)
            else:
                assert face.shape == (size, size, 3)
                assert (face == 77).all()
                assert box.side >= 8
