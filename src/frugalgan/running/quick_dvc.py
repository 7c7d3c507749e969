"""`dvc`, which reads params once and its lock in C: `python -m frugalgan.running.quick_dvc repro train@teacher`.

DVC reads params.yaml anew for every stage; here a text that was read is known. Whenever a stage ends, DVC reads its
lock in a way that keeps comments, and writes it, both in Python. There are no comments in a lock, so the parser in C
reads the same. The emitter in C writes short lines without quotes the same; the others, a few, are still DVC's
emitter's.
"""

import io
import os
import pickle
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any, TextIO

from dvc.cli import main
from dvc.dvcfile import LOCK_FILE
from dvc.utils.serialize import _yaml
from ruamel.yaml import YAML

SHORT = 80  # characters of a line that neither breaks

_parse, _keeping_comments, _dump = _yaml.parse_yaml, _yaml.parse_yaml_for_update, _yaml._dump
_known: dict[str, bytes] = {}  # texts, and what they say


def read(text: str, path: Any, typ: str = "safe") -> Any:
    """What a YAML file of this name says; the caller may change it."""
    if typ != "safe":
        return _parse(text, path, typ)
    if text not in _known:
        _known[text] = pickle.dumps(_parse(text, path, typ))
    return pickle.loads(_known[text])


def parse(text: str, path: Any) -> Any:
    """What a YAML file of this name says, to be changed and written again."""
    return (_yaml.parse_yaml if os.path.basename(path) == LOCK_FILE else _keeping_comments)(text, path)


def dump(data: Any, stream: TextIO) -> None:
    """Write it as DVC does: what `parse` read of a lock, which is a plain dictionary, in C."""
    if type(data) is not dict or not {"schema", "stages"} <= data.keys() or _has_lines(data):
        _dump(data, stream)
        return
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # pyright: ignore[reportAttributeAccessIssue]
    yaml.width = 2**30  # break no line
    written = io.StringIO()
    yaml.dump(_plain(data), written)
    for line in written.getvalue().splitlines(keepends=True):
        same = len(line) <= SHORT and "'" not in line and '"' not in line and not line.endswith(" null\n")
        stream.write(line if same else _as_dvc(line))


@cache  # most lines stay as they are from stage to stage
def _as_dvc(line: str) -> str:
    """The line, of a mapping or of a list in one, as DVC writes it."""
    body = line.lstrip(" ")
    value, depth = YAML(typ="safe").load(body), (len(line) - len(body)) // 2 + body.startswith("- ")
    for _ in range(depth):
        value = {"in": value}
    written = io.StringIO()
    _dump(value, written)
    return "".join(written.getvalue().splitlines(keepends=True)[depth:])


def _plain(value: Any) -> Any:
    """The same in dictionaries and lists: of ordered ones, which DVC adds, the emitter in C writes the type."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _has_lines(value: Any) -> bool:
    """Whether a text in it has several."""
    if isinstance(value, Mapping):
        return any(map(_has_lines, value.values()))
    return any(map(_has_lines, value)) if isinstance(value, list) else isinstance(value, str) and "\n" in value


def install() -> None:
    """Let DVC read and write so in this process."""
    _yaml.parse_yaml, _yaml.parse_yaml_for_update, _yaml._dump = read, parse, dump


if __name__ == "__main__":
    install()
    sys.exit(main(sys.argv[1:]))
