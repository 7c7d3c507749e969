"""The committed models.yaml and params.yaml, and what tests change in them."""

from pathlib import Path
from typing import Any

import yaml
from pipeline import PROJECT

Values = dict[str, Any]


def raw_params() -> Values:
    """params.yaml as a YAML library reads it, a copy of one's own."""
    return yaml.safe_load((PROJECT / "params.yaml").read_text(encoding="utf-8"))


def raw_models() -> Values:
    """models.yaml, likewise."""
    return yaml.safe_load((PROJECT / "models.yaml").read_text(encoding="utf-8"))


def changed(values: Values, changes: Values) -> Values:
    """`values` with dotted keys set; a value of `...` removes the key."""
    for key, value in changes.items():
        *path, last = key.split(".")
        section = values
        for name in path:
            section = section[name]
        if value is ...:
            del section[last]
        else:
            section[last] = value
    return values


def written(folder: Path, params: Values | None = None, models: Values | None = None) -> tuple[Path, Path]:
    """Both files in `folder`, changed as given: params.yaml and models.yaml."""
    files = folder / "params.yaml", folder / "models.yaml"
    files[0].write_text(yaml.safe_dump(changed(raw_params(), params or {}), sort_keys=False), encoding="utf-8")
    files[1].write_text(yaml.safe_dump(changed(raw_models(), models or {}), sort_keys=False), encoding="utf-8")
    return files
