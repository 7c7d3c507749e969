"""`dvc`, which reads and writes dvc.lock in C: `python -m frugalgan.running.quick_dvc repro train@teacher`.

Whenever a stage ends, DVC reads its lock in a way that keeps comments, and writes it, both in Python. There are no
comments in a lock, so the parser in C reads the same, and the emitter in C writes the same: by a lock of 8,500 lines
`dvc repro` of a stage that does nothing takes 1.4 s, not 2.8.
"""

import os
import sys
from typing import Any, TextIO

from dvc.cli import main
from dvc.dvcfile import LOCK_FILE
from dvc.utils.serialize import _yaml
from ruamel.yaml import YAML

LINE = 79  # characters, for which the emitter in C breaks lines where that in Python does for 80

_keeping_comments, _dump = _yaml.parse_yaml_for_update, _yaml._dump


def parse(text: str, path: Any) -> Any:
    """What a YAML file of this name says, to be changed and written again."""
    return (_yaml.parse_yaml if os.path.basename(path) == LOCK_FILE else _keeping_comments)(text, path)


def dump(data: Any, stream: TextIO) -> None:
    """Write it: what `parse` read of a lock, which is a plain dictionary, in C."""
    if type(data) is not dict or not {"schema", "stages"} <= data.keys():
        _dump(data, stream)
        return
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # pyright: ignore[reportAttributeAccessIssue]
    yaml.width = LINE
    yaml.dump(data, stream)


def install() -> None:
    """Let DVC read and write its lock so in this process."""
    _yaml.parse_yaml_for_update, _yaml._dump = parse, dump


if __name__ == "__main__":
    install()
    sys.exit(main(sys.argv[1:]))
