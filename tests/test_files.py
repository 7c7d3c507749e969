"""Files that appear whole or not at all."""

import json
from pathlib import Path

import pytest

from frugalgan.files import replaced, write_json


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
