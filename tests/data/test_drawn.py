"""Drawn pictures: the layouts, the same bytes however made, true key points, two kinds of animal."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from picture_files import DATASET

from frugalgan.data.index import Picture, read_index
from frugalgan.data.photos import read_rgb
from frugalgan.data.sources import drawn, fetch, own_folder
from frugalgan.data.sources.drawing.photos import draw_face, draw_scene
from frugalgan.data.sources.drawing.pose import Pose, points


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def drawings(folder: Path, subject: str, count: int, workers: int = 1) -> dict[str, bytes]:
    folder.mkdir()
    drawn.draw_all(folder, subject=subject, count=count, workers=workers)
    return contents(folder)


def test_same_bytes_for_any_number_of_workers_subject_and_count(tmp_path: Path) -> None:
    one = drawings(tmp_path / "one", "any", 2)
    two = drawings(tmp_path / "two", "any", 5, workers=2)
    shared = set(one) & set(two) - {"README.txt", "index.csv"}
    assert len(shared) == 2 + (2 + 1) + (2 + 1)  # a scene with its .cat file, cats, dogs
    assert all(one[name] == two[name] for name in shared)
    assert len(set(one.values())) == len(one)
    cats, dogs = (drawings(tmp_path / subject, subject, 2) for subject in ("cat", "dog"))
    assert set(cats) & set(dogs) == {"README.txt", "index.csv"}
    assert all(part[name] == one[name] for part in (cats, dogs) for name in set(part) - {"index.csv"})
    assert set(cats) | set(dogs) == set(one)


def test_pictures_that_a_run_has_drawn_are_not_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = drawings(tmp_path / "alone", "any", 2)
    (shared := tmp_path / "shared").mkdir()
    monkeypatch.setenv(drawn.SHARED, str(shared))
    assert drawings(tmp_path / "first", "cat", 3) and len(list(shared.iterdir())) == 2 * (1 + 3 + 1)
    drawn_now: list[drawn.Drawing] = []
    draw = drawn.draw
    monkeypatch.setattr(drawn, "draw", lambda picture, seed: drawn_now.append(picture) or draw(picture, seed))
    assert drawings(tmp_path / "second", "any", 2) == alone
    assert {picture.kind for picture in drawn_now} == {"dog"}


def test_paths_and_order_parts_labels_and_key_points(tmp_path: Path) -> None:
    made = drawings(tmp_path / "raw", "any", 2)
    faces = [
        *(Picture(f"animal-faces/afhq/train/cat/drawn_cat_00000{n}.jpg", "train", "cat") for n in (1, 2)),
        *(Picture(f"animal-faces/afhq/train/dog/drawn_dog_00000{n}.jpg", "train", "dog") for n in (1, 2)),
        Picture("animal-faces/afhq/val/cat/drawn_cat_000001.jpg", "heldout", "cat"),
        Picture("animal-faces/afhq/val/dog/drawn_dog_000001.jpg", "heldout", "dog"),
    ]
    scenes = [Picture("cat-dataset/CAT_00/00000001_000.jpg", "", "cat", True)]
    assert read_index(tmp_path / "raw") == faces + scenes
    assert set(made) == {picture.path for picture in faces + scenes} | {
        "README.txt",
        "index.csv",
        "cat-dataset/CAT_00/00000001_000.jpg.cat",
    }
    assert "drawn, not photographs" in (tmp_path / "raw/README.txt").read_text()
    assert read_rgb(tmp_path / "raw/animal-faces/afhq/val/cat/drawn_cat_000001.jpg").shape == (512, 512, 3)
    numbers = [int(word) for word in made["cat-dataset/CAT_00/00000001_000.jpg.cat"].split()]
    assert numbers[0] == 9
    assert len(numbers) == 1 + 2 * 9


@pytest.mark.parametrize(
    ("subject", "scenes", "cats", "dogs"), [("cat", 5, 11 + 2, 0), ("dog", 0, 0, 11 + 2), ("any", 5, 13, 13)]
)
def test_how_many_pictures_a_subject_and_a_count_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subject: str, scenes: int, cats: int, dogs: int
) -> None:
    monkeypatch.setattr(drawn, "_draw_all", lambda *_: None)
    drawings(tmp_path / "raw", subject, 11)
    pictures = read_index(tmp_path / "raw")
    assert sum(picture.has_points for picture in pictures) == scenes
    assert sum(picture.label == "cat" and not picture.has_points for picture in pictures) == cats
    assert sum(picture.label == "dog" for picture in pictures) == dogs


def test_val_is_a_tenth_rounded_up() -> None:
    plan = drawn.plan(scenes=4, cats=11, dogs=600)
    counts = {(k, s): sum((p.kind, p.split) == (k, s) for p in plan) for k in ("cat", "dog") for s in ("train", "val")}
    assert counts == {("cat", "train"): 11, ("cat", "val"): 2, ("dog", "train"): 600, ("dog", "val"): 60}
    assert len({picture.path for picture in plan}) == len(plan)


def test_seed_and_split_change_the_picture() -> None:
    train, val = drawn.plan(scenes=0, cats=1, dogs=0)
    assert not np.array_equal(drawn.draw(train, 0)[0], drawn.draw(val, 0)[0])
    assert not np.array_equal(drawn.draw(train, 0)[0], drawn.draw(train, 1)[0])


def test_eyes_of_scenes_are_where_their_key_points_are() -> None:
    """The pupil at a key point is darker than the fur around the eye, in most pictures' eyes by far."""
    darker = []
    for index in range(12):
        picture, key_points = draw_scene(np.random.default_rng(index))
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(float)
        unit = float(np.linalg.norm(key_points[1] - key_points[0]))
        y, x = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]]
        for eye in key_points[:2]:
            distance = np.hypot(x - eye[0], y - eye[1]) / unit
            pupil, fur = grey[distance < 0.06].min(), np.median(grey[(distance > 0.4) & (distance < 0.5)])
            darker.append(pupil < 0.7 * fur)
    assert np.mean(darker) > 0.9


def test_key_points_are_in_the_order_of_the_cat_data_set() -> None:
    for index in range(12):
        picture, key_points = draw_scene(np.random.default_rng(100 + index))
        left_eye, right_eye, mouth = key_points[:3].astype(float)
        across = (right_eye - left_eye) / np.linalg.norm(right_eye - left_eye)
        down = np.array([-across[1], across[0]])  # for someone whose eyes are level
        middle = (left_eye + right_eye) / 2
        along, below = (key_points - middle) @ across, (key_points - middle) @ down
        assert left_eye[0] < right_eye[0]
        assert (mouth - middle) @ down > 0
        assert (below[3:] < 0).all()  # ears are above the eyes
        assert (np.diff(along[[3, 5, 6, 8]]) > 0).all()  # bases from left to right
        assert below[4] < min(below[3], below[5])  # tips above their bases
        assert below[7] < min(below[6], below[8])
        size = np.array(picture.shape[1::-1])
        assert (key_points[:3] >= 0).all()
        assert (key_points[:3] < size).all()
        assert abs(np.degrees(np.arctan2(across[1], across[0]))) < 32  # roll up to 25° and what yaw and pitch add


def test_projection() -> None:
    eyes = points((-0.5, 0.0), (0.5, 0.0))
    frontal = Pose((100.0, 50.0), 60.0).project(eyes, 0.0)
    np.testing.assert_allclose(frontal, [[70, 50], [130, 50]])
    tilted = Pose((100.0, 50.0), 60.0, roll=np.pi / 2).project(eyes, 0.0)
    np.testing.assert_allclose(tilted, [[100, 20], [100, 80]], atol=1e-4)  # clockwise: the left eye goes up
    turned = Pose((100.0, 50.0), 60.0, yaw=np.pi / 3).project(eyes, 0.0)
    np.testing.assert_allclose(turned, [[85, 50], [115, 50]], atol=1e-4)  # foreshortened by cos 60°
    nose = Pose((100.0, 50.0), 60.0, yaw=np.pi / 6).project(points((0.0, 0.0)), 1.0)
    np.testing.assert_allclose(nose, [[130, 50]], atol=1e-4)  # moves sin 30° of its depth


def test_cats_and_dogs_differ() -> None:
    """Nearest class mean on 16×16 grey thumbnails of other pictures than those it was made from."""

    def thumbnails(kind: str, seeds: range) -> np.ndarray:
        faces = [draw_face(kind, np.random.default_rng([7, seed]), 96) for seed in seeds]
        small = [cv2.resize(cv2.cvtColor(f, cv2.COLOR_BGR2GRAY), (16, 16), interpolation=cv2.INTER_AREA) for f in faces]
        flat = np.stack(small).reshape(len(small), -1).astype(float)
        return (flat - flat.mean(1, keepdims=True)) / flat.std(1, keepdims=True)

    means = [thumbnails(kind, range(25)).mean(0) for kind in ("cat", "dog")]
    right = []
    for label, kind in enumerate(("cat", "dog")):
        distances = np.stack([((thumbnails(kind, range(25, 50)) - mean) ** 2).sum(1) for mean in means])
        right.append((distances.argmin(0) == label).mean())
    assert np.mean(right) > 0.8


def test_nothing_to_draw_names_the_key(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"drawn pictures: count is 0; set it above 0 in params\.yaml"):
        fetch(replace(DATASET, source="drawn", count=0), tmp_path / "raw")
    assert not list(tmp_path.iterdir())


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(drawn, "draw", fail)
    with pytest.raises(OSError, match="disk full"), own_folder(tmp_path / "raw") as folder:
        drawn.draw_all(folder, subject="cat", count=1, workers=1)
    assert not list(tmp_path.iterdir())
