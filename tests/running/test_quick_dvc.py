"""DVC with a quicker reader of its lock reads and writes what DVC alone does."""

from pathlib import Path

import pytest
from dvc.utils.serialize import _yaml, dumps_yaml, modify_yaml
from pipeline import PROJECT

from frugalgan.running import quick_dvc


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_yaml, "parse_yaml_for_update", _yaml.parse_yaml_for_update)  # undone afterwards
    quick_dvc.install()


def test_the_committed_lock_is_written_as_dvc_wrote_it() -> None:
    text = (PROJECT / "dvc.lock").read_text(encoding="utf-8")
    assert dumps_yaml(quick_dvc.parse(text, "dvc.lock")) == text


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
