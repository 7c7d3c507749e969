"""Photos from a folder and from Kaggle: what is taken, what is refused, and that the source stays untouched."""

import os
from pathlib import Path

import kagglehub
import pytest

from frugalgan.data.sources import folder, kaggle
from frugalgan.data.sources.folder import SourceError


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def listing(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


def test_both_layouts_photos_and_key_points_only(tmp_path: Path) -> None:
    source = tmp_path / "my photos"
    wanted = {
        "cat-dataset/CAT_00/00000001_000.jpg",
        "cat-dataset/CAT_00/00000001_000.jpg.cat",
        'cat-dataset/CAT_06/it\'s a "cat".JPG',
        "animal-faces/afhq/train/cat/-rf .png",
        "animal-faces/afhq/val/dog/ä b.WebP",
    }
    put(source, *wanted, "cat-dataset/CAT_00/Thumbs.db", "cat-dataset/CAT_00/._00000001_000.jpg", "notes.txt")
    put(source, "animal-faces/afhq/train/wild/lion.jpg", "animal-faces/afhq/train/cat/readme.md")
    before = listing(source)
    folder.fetch(tmp_path / "raw", source=source)
    assert listing(tmp_path / "raw") == wanted
    assert all((tmp_path / "raw" / name).read_text() == name for name in wanted)
    assert listing(source) == before
    assert {path.name for path in tmp_path.iterdir()} == {"my photos", "raw"}


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("animal-faces/afhq/train/dog/a.jpg", "animal-faces/afhq/train/dog/a.jpg"),
        ("afhq/train/dog/a.jpg", "animal-faces/afhq/train/dog/a.jpg"),
        ("cat-dataset/CAT_03/a.jpg", "cat-dataset/CAT_03/a.jpg"),
        ("cat-dataset/cats/CAT_03/a.jpg", "cat-dataset/CAT_03/a.jpg"),
    ],
)
def test_either_part_alone_is_enough(tmp_path: Path, given: str, made: str) -> None:
    put(tmp_path / "source", given)
    folder.fetch(tmp_path / "raw", source=tmp_path / "source")
    assert listing(tmp_path / "raw") == {made}


def test_copies_share_nothing_with_the_originals(tmp_path: Path) -> None:
    name = "afhq/train/cat/a.jpg"
    put(tmp_path / "source", name)
    original = tmp_path / "source" / name
    original.chmod(0o444)
    folder.fetch(tmp_path / "raw", source=tmp_path / "source")
    taken = tmp_path / "raw" / "animal-faces" / name
    assert taken.stat().st_ino != original.stat().st_ino
    assert os.access(taken, os.W_OK)


@pytest.mark.parametrize("linked", ["file", "folder", "broken"])
def test_links_out_of_the_source_are_refused_by_name(tmp_path: Path, linked: str) -> None:
    put(tmp_path, "elsewhere/a.jpg", "source/afhq/train/cat/b.jpg")
    if linked == "folder":
        (tmp_path / "source/afhq/train/dog").symlink_to(tmp_path / "elsewhere")
    else:
        target = tmp_path / "elsewhere/a.jpg" if linked == "file" else tmp_path / "source/none.jpg"
        (tmp_path / "source/afhq/train/cat/a.jpg").symlink_to(target)
    with pytest.raises(SourceError, match=r"a\.jpg: a symbolic link"):
        folder.fetch(tmp_path / "raw", source=tmp_path / "source")
    assert not (tmp_path / "raw").exists()


def test_links_within_the_source_become_files(tmp_path: Path) -> None:
    put(tmp_path / "source", "store/a.jpg")
    place = tmp_path / "source/afhq/train/cat/a.jpg"
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "source/store/a.jpg")
    folder.fetch(tmp_path / "raw", source=tmp_path / "source")
    taken = tmp_path / "raw/animal-faces/afhq/train/cat/a.jpg"
    assert taken.read_text() == "store/a.jpg"
    assert not taken.is_symlink()


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere.*no such folder.*cat-dataset/CAT_.*afhq"):
        folder.fetch(tmp_path / "raw", source=tmp_path / "nowhere")
    put(tmp_path, "a.zip")
    with pytest.raises(FileNotFoundError, match=r"a\.zip: is not a folder"):
        folder.fetch(tmp_path / "raw", source=tmp_path / "a.zip")


@pytest.mark.parametrize("name", ["pictures/a.jpg", "cat-dataset/CAT_00/a.jpg.cat", "afhq/train/cat/notes.txt"])
def test_a_folder_without_photos_in_the_layouts(tmp_path: Path, name: str) -> None:
    put(tmp_path / "source", name)
    with pytest.raises(SourceError, match=r"source: no photos found; expected .*CAT_.*afhq"):
        folder.fetch(tmp_path / "raw", source=tmp_path / "source")
    assert not (tmp_path / "raw").exists()


def test_what_stands_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    put(tmp_path, "source/afhq/train/cat/a.jpg", "raw/precious.jpg")
    with pytest.raises(FileExistsError, match="remove it"):
        folder.fetch(tmp_path / "raw", source=tmp_path / "source")
    assert listing(tmp_path / "raw") == {"precious.jpg"}


def test_kaggle_takes_each_photo_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cats, faces = tmp_path / "cache/cat-dataset/versions/2", tmp_path / "cache/animal-faces/versions/1"
    put(cats, "CAT_00/1.jpg", "CAT_00/1.jpg.cat", "cats/CAT_00/1.jpg", "cats/CAT_00/1.jpg.cat", "cats/CAT_01/2.jpg")
    put(faces, "afhq/train/cat/a.jpg", "afhq/val/dog/b.jpg", "afhq/train/wild/c.jpg")
    places = {"crawford/cat-dataset": cats, "andrewmvd/animal-faces": faces}
    monkeypatch.setattr(kagglehub, "dataset_download", lambda handle: str(places[handle]))
    raw = tmp_path / "raw"
    kaggle.fetch(raw)
    assert listing(raw) == {
        "cat-dataset/CAT_00/1.jpg",
        "cat-dataset/CAT_00/1.jpg.cat",
        "cat-dataset/CAT_01/2.jpg",
        "animal-faces/afhq/train/cat/a.jpg",
        "animal-faces/afhq/val/dog/b.jpg",
    }
    assert (raw / "cat-dataset/CAT_00/1.jpg").read_text() == "CAT_00/1.jpg"


def test_kaggle_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(handle: str) -> str:
        raise ConnectionError("name resolution failed")

    monkeypatch.setattr(kagglehub, "dataset_download", fail)
    with pytest.raises(SourceError, match=r"crawford/cat-dataset: .*name resolution failed.*data\.source"):
        kaggle.fetch(tmp_path / "raw")
    assert not list(tmp_path.iterdir())


def test_kaggle_set_with_other_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "cache", "afhq/train/cat/a.jpg")
    monkeypatch.setattr(kagglehub, "dataset_download", lambda handle: str(tmp_path / "cache"))
    with pytest.raises(SourceError, match="crawford/cat-dataset: nothing for cat-dataset"):
        kaggle.fetch(tmp_path / "raw")
    assert not (tmp_path / "raw").exists()
