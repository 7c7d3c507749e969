"""Kaggle's two data sets, without a network: what is asked for, what is taken, what goes wrong."""

from dataclasses import replace
from pathlib import Path

import kagglehub
import pytest
from picture_files import DATASET, as_the_source_calls_them, put

from frugalgan.data.index import INDEX, read_index
from frugalgan.data.sources import SourceError, fetch

CATS, FACES = "crawford/cat-dataset", "andrewmvd/animal-faces"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The data sets that were downloaded, from a cache that has both."""
    put(
        tmp_path / "cache" / CATS,
        *("CAT_00/1.jpg", "CAT_00/1.jpg.cat", "cats/CAT_00/1.jpg", "cats/CAT_00/1.jpg.cat"),
        *("cats/CAT_01/2.jpg", "cats/CAT_01/2.jpg.cat"),
    )
    put(tmp_path / "cache" / FACES, "afhq/train/cat/a.jpg", "afhq/val/dog/b.jpg", "afhq/train/wild/c.jpg")
    put(tmp_path / "cache" / FACES, "afhq/val/cat/d.jpg", "afhq/train/dog/e.jpg")
    handles: list[str] = []

    def download(handle: str) -> str:
        handles.append(handle)
        return str(tmp_path / "cache" / handle)

    monkeypatch.setattr(kagglehub, "dataset_download", download)
    return handles


def test_cats_are_faces_and_photos_with_key_points_each_once(tmp_path: Path, asked: list[str]) -> None:
    fetch(replace(DATASET, source="kaggle", subject="cat"), tmp_path / "raw")
    assert asked == [CATS, FACES]
    assert as_the_source_calls_them(tmp_path / "raw") == {
        INDEX,
        "cat-dataset/CAT_00/1.jpg",
        "cat-dataset/CAT_00/1.jpg.cat",
        "cat-dataset/cats/CAT_01/2.jpg",
        "cat-dataset/cats/CAT_01/2.jpg.cat",
        "animal-faces/afhq/train/cat/a.jpg",
        "animal-faces/afhq/val/cat/d.jpg",
    }
    photo = next(p for p in read_index(tmp_path / "raw") if p.path == "cat-dataset/CAT_00/1.jpg")
    assert (tmp_path / "raw" / photo.file).read_text() == "CAT_00/1.jpg"
    assert {picture.path: (picture.split, picture.has_points) for picture in read_index(tmp_path / "raw")} == {
        "animal-faces/afhq/train/cat/a.jpg": ("train", False),
        "animal-faces/afhq/val/cat/d.jpg": ("heldout", False),
        "cat-dataset/CAT_00/1.jpg": ("", True),
        "cat-dataset/cats/CAT_01/2.jpg": ("", True),
    }


@pytest.mark.parametrize(("subject", "animals"), [("dog", {"dog"}), ("any", {"cat", "dog", "wild"})])
def test_other_subjects_need_no_photos_of_cats(
    tmp_path: Path, asked: list[str], subject: str, animals: set[str]
) -> None:
    fetch(replace(DATASET, source="kaggle", subject=subject), tmp_path / "raw")
    assert asked == [FACES]
    assert {Path(picture.path).parts[-2] for picture in read_index(tmp_path / "raw")} == animals


CURE = r"check the network; remove what is damaged from kagglehub's cache .*; or set the data set's source to a folder"


@pytest.mark.parametrize(
    "error", [ConnectionError("name resolution failed"), ValueError("Unsupported archive type"), KeyError("files")]
)
def test_a_download_that_fails_in_any_way_names_the_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(handle: str) -> str:
        raise error

    monkeypatch.setattr(kagglehub, "dataset_download", fail)
    with pytest.raises(SourceError, match=rf"{CATS}: download failed \({type(error).__name__}: {error}\); {CURE}"):
        fetch(replace(DATASET, source="kaggle", subject="cat"), tmp_path / "raw")
    assert not list(tmp_path.iterdir())


def test_a_data_set_with_other_contents(tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "other", "afhq/train/dog/a.jpg")
    monkeypatch.setattr(kagglehub, "dataset_download", lambda handle: str(tmp_path / "other"))
    with pytest.raises(SourceError, match="other: no pictures of a cat; there are 1 dog"):
        fetch(replace(DATASET, source="kaggle", subject="cat"), tmp_path / "raw")
    assert not (tmp_path / "raw").exists()
