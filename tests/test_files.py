"""Files that appear whole or not at all."""

import json
import os
from pathlib import Path

import pytest

from frugalgan import files
from frugalgan.files import from_project, replaced, write_json


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "metrics.json"
    write_json(file, {"a": 1})
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(file, {"a": float("nan")})
    assert json.loads(file.read_text()) == {"a": 1}

    def fail() -> None:
        with replaced(tmp_path / "folder") as folder:
            folder.mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


def folder_of(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "file").write_text(text)
    return path


def test_a_folder_takes_the_place_of_another_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a process that is killed leaves the old one or the new one, never none."""
    path, other = folder_of(tmp_path / "folder", "old"), folder_of(tmp_path / "other", "new")
    if not files._exchange(path, other):
        pytest.skip("this file system cannot exchange two folders")
    assert (path / "file").read_text() == "new" and (other / "file").read_text() == "old"
    monkeypatch.setattr(os, "replace", None)  # which would need two steps
    with replaced(path) as temporary:
        folder_of(temporary, "newer")
    assert (path / "file").read_text() == "newer" and sorted(os.listdir(tmp_path)) == ["folder", "other"]


def test_where_that_cannot_be_done_a_folder_that_fails_to_be_replaced_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_exchange", lambda *_: False)
    path = folder_of(tmp_path / "folder", "old")
    move = os.replace

    def fail(source: Path, target: Path) -> None:
        if Path(target) == path and (Path(source) / "file").read_text() == "new":
            raise KeyboardInterrupt
        move(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt), replaced(path) as temporary:
        folder_of(temporary, "new")
    assert (path / "file").read_text() == "old" and os.listdir(tmp_path) == ["folder"]


def test_neither_a_file_nor_a_folder_takes_the_place_of_the_other(tmp_path: Path) -> None:
    folder, file = folder_of(tmp_path / "folder", "old"), tmp_path / "file"
    file.write_text("old")
    with pytest.raises(IsADirectoryError, match=rf"^{folder}: a folder, .*name a file"), replaced(folder) as temporary:
        temporary.write_text("new")
    with pytest.raises(NotADirectoryError, match=rf"^{file}: a file .*name a folder"), replaced(file) as temporary:
        folder_of(temporary, "new")
    assert (folder / "file").read_text() == file.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


@pytest.mark.parametrize("name", [".", "", "..", "../folder", "{absolute}"])
def test_the_folder_that_a_process_works_in_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(folder_of(tmp_path / "folder", "old"))
    path = Path(name.format(absolute=tmp_path / "folder"))
    with pytest.raises(IsADirectoryError, match="the current folder, or one above it, cannot be"), replaced(path):
        pytest.fail("the block begins")
    assert os.listdir(tmp_path) == ["folder"] and os.listdir(".") == ["file"]


def test_a_folder_that_a_killed_process_had_put_aside_comes_back(tmp_path: Path) -> None:
    (tmp_path / ".folder~killed").mkdir()
    folder_of(tmp_path / ".folder~killed" / "folder~before", "old")
    with pytest.raises(RuntimeError), replaced(tmp_path / "folder"):
        raise RuntimeError
    assert (tmp_path / "folder" / "file").read_text() == "old" and os.listdir(tmp_path) == ["folder"]


def test_a_path_of_params_is_below_the_project_in_a_copy_of_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC runs queued experiments in a copy that lacks what git does not know, and says where the project is."""
    for folder in ("project/photos", "project/both", "copy/both", "home/mine"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "copy")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DVC_ROOT", raising=False)
    assert not from_project(Path("photos")).exists()
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    assert from_project(Path("photos")) == tmp_path / "project/photos"
    assert from_project(Path("both")).resolve() == tmp_path / "copy/both"
    assert from_project(Path("~/mine")) == tmp_path / "home/mine"
    assert from_project(tmp_path / "nowhere") == tmp_path / "nowhere"
