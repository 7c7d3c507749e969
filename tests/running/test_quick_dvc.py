"""DVC with a quicker reader of its lock reads and writes what DVC alone does."""

from collections import OrderedDict
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.serialize import _yaml, dumps_yaml, modify_yaml
from pipeline import PROJECT

from frugalgan.running import quick_dvc


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("parse_yaml", "parse_yaml_for_update", "_dump"):
        monkeypatch.setattr(_yaml, name, getattr(_yaml, name))  # undone afterwards
    quick_dvc.install()


def test_the_committed_lock_is_written_as_dvc_wrote_it() -> None:
    text = (PROJECT / "dvc.lock").read_text(encoding="utf-8")
    read = quick_dvc.parse(text, "dvc.lock")
    assert written(read) == dumps_yaml(read) == text


@pytest.mark.parametrize(
    "value",
    ["123e45", "1234567890" * 3 + "12", "5e-05", "yes", "0o7", "12:30", "1_000", "~", "", "ü # ñ", "a: b"],
)
def test_what_might_be_taken_for_something_else_is_quoted_as_dvc_quotes_it(value: str) -> None:
    data = {"schema": "2.0", "stages": {"a": {"cmd": value, "numbers": [5e-05, 1e22, 0.1, True, 7]}}}
    assert written(data) == dumps_yaml(data)


@pytest.mark.parametrize("length", range(40, 140, 7))
def test_long_lines_are_broken_where_dvc_breaks_them(length: int) -> None:
    for text in ("python -S " + "ab " * (length // 3) + "x" * (length % 3), "'q' \"z\" " * (length // 8), "y" * length):
        data = {"schema": "2.0", "stages": {"a": {"cmd": text, "deps": [{"path": text, "x": text}], "b": [text, "c"]}}}
        assert written(data) == dumps_yaml(data)


def test_what_dvc_adds_is_written_as_what_was_read() -> None:
    entry = OrderedDict(cmd="make", none=None, deps=[OrderedDict(path="a", size=3)], empty={}, lines="two\nlines")
    data = {"schema": "2.0", "stages": {"a": entry, "b": OrderedDict(entry, lines="one")}}
    assert written(data) == dumps_yaml(data) and "omap" not in written(data)
    del data["stages"]["a"]
    assert written(data) == dumps_yaml(data) and "omap" not in written(data)


def written(data: Any) -> str:
    stream = StringIO()
    quick_dvc.dump(data, stream)
    return stream.getvalue()


def test_dvc_changes_its_lock_by_way_of_it(installed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_dvc, "_keeping_comments", lambda *_: pytest.fail("the lock is read slowly"))
    lock = tmp_path / "dvc.lock"
    lock.write_text(
        "schema: '2.0'\nstages:\n  a:\n    cmd: make a\n    params:\n      params.yaml:\n        rate: 1e-05\n"
    )
    with modify_yaml(lock) as data:
        data["stages"]["a"]["cmd"] = "make b"
    assert lock.read_text() == (
        "schema: '2.0'\nstages:\n  a:\n    cmd: make b\n    params:\n      params.yaml:\n        rate: 1e-05\n"
    )


def test_other_files_keep_their_comments(installed: None, tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    params.write_text("rate: 1  # of learning\n")
    with modify_yaml(params) as data:
        data["rate"] = 2
    assert params.read_text() == "rate: 2  # of learning\n"


def test_a_text_is_read_once_and_what_it_says_may_be_changed(installed: None, tmp_path: Path) -> None:
    params, other = tmp_path / "params.yaml", tmp_path / "other.yaml"
    params.write_text("rate: [1, 2]\n")
    other.write_text("rate: [3]\n")
    first = _yaml.load_yaml(params)
    first["rate"].append(5)
    known = len(quick_dvc._known)
    assert _yaml.load_yaml(params) == {"rate": [1, 2]} and len(quick_dvc._known) == known
    assert _yaml.load_yaml(other) == {"rate": [3]}
    params.write_text("rate: [4]\n")
    assert _yaml.load_yaml(params) == {"rate": [4]}
    params.write_text("rate: [4\n")
    with pytest.raises(_yaml.YAMLFileCorruptedError):
        _yaml.load_yaml(params)
