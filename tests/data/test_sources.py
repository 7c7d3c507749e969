"""A folder as a source: what is copied, what is refused, and that the source stays untouched."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from picture_files import CAT_LINE, DATASET, as_the_source_calls_them, listing, put, rejecting, rows, write_photo

from frugalgan.data.facts import read_facts
from frugalgan.data.index import INDEX, read_index
from frugalgan.data.prepare import prepare
from frugalgan.data.sources import SourceError, fetch


def fetched(source: Path, out: Path, subject: str = "any") -> set[str]:
    """What lies in `out` after fetching from `source`, but for the index."""
    fetch(replace(DATASET, source=str(source), subject=subject), out)
    return as_the_source_calls_them(out) - {INDEX}


def test_pictures_and_key_points_only_and_the_source_stays(tmp_path: Path) -> None:
    source = tmp_path / "my photos"
    wanted = {
        "cat-dataset/CAT_00/00000001_000.jpg",
        "cat-dataset/CAT_00/00000001_000.jpg.cat",
        'cat-dataset/CAT_06/it\'s a "cat".JPG',
        "animal-faces/afhq/train/cat/-rf .png",
        "animal-faces/afhq/val/cats/ä b.WebP",
    }
    put(source, *wanted, "cat-dataset/CAT_00/Thumbs.db", "cat-dataset/CAT_00/._00000001_000.jpg", "notes.txt")
    put(source, "animal-faces/afhq/train/wild/lion.jpg", "animal-faces/afhq/train/cat/readme.md", "CAT_00/alone.cat")
    before = listing(source)
    assert fetched(source, tmp_path / "raw", "cat") == wanted
    assert {path.read_text() for path in (tmp_path / "raw").glob("picture_*")} == wanted
    assert listing(source) == before
    assert {path.name for path in tmp_path.iterdir()} == {"my photos", "raw"}
    assert {picture.path for picture in read_index(tmp_path / "raw")} == {n for n in wanted if not n.endswith(".cat")}


def test_the_longest_name_is_copied_with_key_points_missing_or_not_wanted(tmp_path: Path) -> None:
    longest = "x" * 251 + ".jpg"
    wanted = {longest, f"CAT_00/{longest}", "CAT_00/a.jpg", "CAT_00/a.jpg.cat"}
    put(tmp_path / "source", *wanted)
    assert fetched(tmp_path / "source", tmp_path / "raw") == wanted


def test_copies_share_nothing_with_the_originals(tmp_path: Path) -> None:
    put(tmp_path / "source", "deep/a.jpg")
    original = tmp_path / "source/deep/a.jpg"
    original.chmod(0o444)
    fetched(tmp_path / "source", tmp_path / "raw")
    (taken,) = (tmp_path / "raw").glob("*.jpg")
    assert taken.stat().st_ino != original.stat().st_ino
    assert os.access(taken, os.W_OK)
    assert taken.stat().st_mode & 0o200


def test_every_name_comes_back_from_the_index(tmp_path: Path) -> None:
    names = ["a,b.png", 'q"uote.png', "new\nline.png", "return\rhere.png", " space .png", "ä.png", "x/,/\n/y.png"]
    put(tmp_path / "source", *names)
    odd = os.fsdecode(b"caf\xe9.png")
    (tmp_path / "source" / odd).write_text("odd")
    assert fetched(tmp_path / "source", tmp_path / "raw") == {*names, odd}
    assert {picture.path for picture in read_index(tmp_path / "raw")} == {*names, odd}
    fetched(tmp_path / "source", tmp_path / "raw")  # all known as fetched, so that they can be replaced


@pytest.mark.parametrize("linked", ["file", "file without a suffix", "folder", "broken", "itself", "points"])
def test_links_out_of_the_source_are_refused_by_name(tmp_path: Path, linked: str) -> None:
    write_photo(tmp_path / "elsewhere/a.jpg", 1)
    put(tmp_path, "source/afhq/train/cat/b.jpg")
    folder = tmp_path / "source/afhq/train/cat"
    name = {"folder": "more", "points": "b.jpg.cat", "file without a suffix": "a"}.get(linked, "a.jpg")
    target = {
        "folder": tmp_path / "elsewhere",
        "broken": tmp_path / "source/none.jpg",
        "itself": folder / "a.jpg",
    }.get(linked)
    (folder / name).symlink_to(target or tmp_path / "elsewhere/a.jpg")
    with pytest.raises(SourceError, match=rf"{name}: a symbolic link that is broken or leads out of .*; put the file"):
        fetched(tmp_path / "source", tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def test_links_that_are_no_pictures_may_lead_anywhere(tmp_path: Path) -> None:
    put(tmp_path, "notes", "source/a.jpg")
    for name, target in (("notes", tmp_path / "notes"), ("broken", tmp_path / "none"), ("itself", "itself")):
        (tmp_path / "source" / name).symlink_to(target)
    assert fetched(tmp_path / "source", tmp_path / "raw") == {"a.jpg"}


def test_links_within_the_source_become_files(tmp_path: Path) -> None:
    put(tmp_path / "source", "store/a.jpg")
    place = tmp_path / "source/afhq/train/cat/a.jpg"
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "source/store/a.jpg")
    assert fetched(tmp_path / "source", tmp_path / "raw", "cat") == {"afhq/train/cat/a.jpg"}
    (taken,) = (tmp_path / "raw").glob("*.jpg")
    assert taken.read_text() == "store/a.jpg"
    assert not taken.is_symlink()


def test_a_missing_path_is_named_with_the_choices(tmp_path: Path) -> None:
    choices = "a data set's source is drawn, kaggle, sklearn, mnist or a folder of pictures"
    with pytest.raises(FileNotFoundError, match=rf"nowhere: no such folder; {choices}"):
        fetched(tmp_path / "nowhere", tmp_path / "raw")
    put(tmp_path, "a.zip")
    with pytest.raises(FileNotFoundError, match=rf"a\.zip: is not a folder: unpack it; {choices}"):
        fetched(tmp_path / "a.zip", tmp_path / "raw")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_a_home_folder_may_be_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path, "photos/a.jpg")
    assert fetched(Path("~/photos"), tmp_path / "raw") == {"a.jpg"}


def test_from_a_folder_of_anything_to_arrays(tmp_path: Path) -> None:
    source = tmp_path / "holiday 2022"
    kinds = (".jpg", ".png", ".webp", ".tiff", ".bmp")
    pictures = [write_photo(source / f"day {i % 3}/{i}{kinds[i % 5]}", i) for i in range(40)]
    for picture in pictures[:10]:
        picture.with_name(f"{picture.name}.cat").write_text(CAT_LINE)
    dataset = replace(DATASET, source=str(source), labels=True)
    fetch(dataset, tmp_path / "raw")
    report = prepare(tmp_path / "raw", tmp_path / "out", dataset, rejecting(0.0), workers=1)
    assert report.train + report.heldout == 40
    assert read_facts(tmp_path / "out").labels == ("day 0", "day 1", "day 2")
    turned = {row["source"] for row in rows(tmp_path / "out/manifest.csv") if row["angle"] != "0"}
    assert turned == {picture.relative_to(source).as_posix() for picture in pictures[:10]}
