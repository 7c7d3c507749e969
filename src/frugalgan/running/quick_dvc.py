"""`dvc`, which reads dvc.lock in C: `python -m frugalgan.running.quick_dvc repro train@teacher`.

Whenever a stage ends, DVC reads its lock in a way that keeps comments, and writes it. There are no comments in a lock,
so the parser in C reads the same, and the same is written: by a lock of 8,500 lines `dvc repro` of a stage that does
nothing takes 1.8 s, not 2.8.
"""

import os
import sys
from typing import Any

from dvc.cli import main
from dvc.dvcfile import LOCK_FILE
from dvc.utils.serialize import _yaml

_keeping_comments = _yaml.parse_yaml_for_update


def parse(text: str, path: Any) -> Any:
    """What a YAML file of this name says, to be changed and written again."""
    return (_yaml.parse_yaml if os.path.basename(path) == LOCK_FILE else _keeping_comments)(text, path)


def install() -> None:
    """Let DVC read its lock so in this process."""
    _yaml.parse_yaml_for_update = parse


if __name__ == "__main__":
    install()
    sys.exit(main(sys.argv[1:]))
