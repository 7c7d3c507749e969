"""Fetching replaces what it fetched before, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest
from digit_files import FILES, raw_digits
from picture_files import DATASET, as_the_source_calls_them, listing, put

from frugalgan.config.sections import Dataset
from frugalgan.data.sources import digits, fetch, foreign_files, kaggle


@pytest.fixture
def own(tmp_path: Path) -> Dataset:
    """A data set of the folder `source`, with two pictures and key points."""
    put(tmp_path / "source", "a/1.jpg", "a/1.jpg.cat", "b/2.png")
    return replace(DATASET, source=str(tmp_path / "source"))


def test_what_was_fetched_is_replaced(tmp_path: Path, own: Dataset) -> None:
    out = tmp_path / "data/fetched/cats"
    fetch(own, out)
    assert as_the_source_calls_them(out) == {"a/1.jpg", "a/1.jpg.cat", "b/2.png", "index.csv"}
    (tmp_path / "source/a/1.jpg").unlink()
    fetch(own, out)
    assert as_the_source_calls_them(out) == {"b/2.png", "index.csv"}
    fetch(replace(own, source="sklearn"), out)
    assert listing(out) == {f"{name}.gz" for name in FILES}
    fetch(replace(own, source="drawn", count=1, subject="dog"), out)
    fetch(own, out)
    assert as_the_source_calls_them(out) == {"b/2.png", "index.csv"}
    assert [path.name for path in out.parent.iterdir()] == ["cats"]


@pytest.mark.parametrize("mine", ["my.jpg", "a/mine.jpg", "b/2.png.txt", "empty/notes", "picture_b.png"])
@pytest.mark.parametrize("source", ["", "drawn", "kaggle", "sklearn", "mnist", "nowhere"])
def test_a_file_that_was_not_fetched_stays_and_is_named(
    tmp_path: Path, own: Dataset, monkeypatch: pytest.MonkeyPatch, mine: str, source: str
) -> None:
    for module in (kaggle, digits):
        monkeypatch.setattr(module, "download", lambda *_, **__: pytest.fail("too late: it downloads"))
    out = tmp_path / "cats"
    fetch(own, out)
    put(out, mine)
    before = listing(out)
    with pytest.raises(FileExistsError, match=rf"cats/{mine}: this file was not fetched.*move it .*own"):
        fetch(replace(own, source=source or own.source, count=1), out)
    assert listing(out) == before
    assert list(foreign_files(out)) == [out / mine]


def test_what_was_fetched_under_its_own_name_is_known_and_replaced(tmp_path: Path, own: Dataset) -> None:
    """As a version before this one left it."""
    put(tmp_path / "cats", "a/1.jpg", "a/1.jpg.cat")
    (tmp_path / "cats/index.csv").write_text("file,split,label,has_points\r\na/1.jpg,,,True\r\n")
    fetch(own, tmp_path / "cats")
    assert as_the_source_calls_them(tmp_path / "cats") == {"a/1.jpg", "a/1.jpg.cat", "b/2.png", "index.csv"}


def test_without_an_index_no_picture_is_known_to_be_fetched(tmp_path: Path, own: Dataset) -> None:
    put(tmp_path / "cats", "holiday/a.jpg")
    for _ in ("missing", "damaged"):
        with pytest.raises(FileExistsError, match=r"holiday/a\.jpg: this file was not fetched"):
            fetch(own, tmp_path / "cats")
        put(tmp_path / "cats", "index.csv")
    assert listing(tmp_path / "cats") == {"holiday/a.jpg", "index.csv"}


def test_a_file_or_a_link_in_the_folders_place_stays(tmp_path: Path, own: Dataset) -> None:
    put(tmp_path, "cats", "elsewhere/precious.jpg")
    (tmp_path / "dogs").mkdir()
    (tmp_path / "dogs/precious.jpg").symlink_to(tmp_path / "elsewhere/precious.jpg")
    for name in ("cats", "dogs"):
        with pytest.raises(FileExistsError, match=name):
            fetch(own, tmp_path / name)
    assert {"cats", "dogs/precious.jpg", "elsewhere/precious.jpg"} <= listing(tmp_path)


def test_nothing_and_empty_folders_are_nobodys(tmp_path: Path, own: Dataset) -> None:
    (tmp_path / "cats/empty").mkdir(parents=True)
    assert list(foreign_files(tmp_path / "cats")) == list(foreign_files(tmp_path / "nothing")) == []
    fetch(own, tmp_path / "cats")
    assert as_the_source_calls_them(tmp_path / "cats") == {"a/1.jpg", "a/1.jpg.cat", "b/2.png", "index.csv"}


def test_a_failure_leaves_what_was_there(tmp_path: Path, own: Dataset) -> None:
    fetch(own, tmp_path / "cats")
    before = listing(tmp_path / "cats")
    with pytest.raises(FileNotFoundError):
        fetch(replace(own, source=str(tmp_path / "nowhere")), tmp_path / "cats")
    assert listing(tmp_path / "cats") == before
    assert {path.name for path in tmp_path.iterdir()} == {"source", "cats"}


def test_a_folder_with_mnists_files_is_digits(tmp_path: Path) -> None:
    source = raw_digits(tmp_path / "digits")
    put(source, "preview.png")
    fetch(replace(DATASET, source=str(source)), tmp_path / "raw")
    assert listing(tmp_path / "raw") == {f"{name}.gz" for name in FILES}
