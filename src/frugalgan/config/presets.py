"""Presets: files of presets/ that say what differs from the committed params.yaml."""

import re
from pathlib import Path
from typing import Any

from frugalgan.config.params import read_yaml, unknown
from frugalgan.config.sections import ParamsError
from frugalgan.files import replaced

FOLDER = Path("presets")
EVERY = "*"  # as a key: every key of a section
PLAIN = re.compile(r"[A-Za-z0-9/:._+-]+")  # values that shells and DVC take as they are


def preset(name: str, params: dict[str, Any], folder: Path = FOLDER) -> dict[str, Any]:
    """Key path (`datasets.cats.size`) → value, of everything that the preset says. Raises ParamsError for a name, a
    section or a key that is not there."""
    names = sorted(file.stem for file in folder.glob("*.yaml"))
    if name not in names:
        raise unknown(folder, "preset", name, names)
    path = folder / f"{name}.yaml"
    return dict(_flat(read_yaml(path), params, path, ""))


def with_preset(params: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A copy of `params` with these values."""
    changed = _copy(params)
    for key, value in values.items():
        *parents, last = key.split(".")
        section = changed
        for parent in parents:
            section = section[parent]
        section[last] = value
    return changed


def write_preset(values: dict[str, Any], path: Path) -> None:
    """Write these values into params.yaml; comments, order and everything else stay."""
    from ruamel.yaml import YAML  # DVC's own, which keeps comments

    yaml = YAML()
    yaml.width = 2**15
    yaml.preserve_quotes = True
    document = yaml.load(path)
    for key, value in values.items():
        *parents, last = key.split(".")
        section = document
        for parent in parents:
            section = section[parent]
        section[last] = value
    with replaced(path) as temporary:
        yaml.dump(document, temporary)


def flags(values: dict[str, Any]) -> list[str]:
    """The same for `dvc exp run $(…)`, whose shell splits them at spaces. Raises ParamsError for a value that does not
    come through it."""
    return [word for key, value in values.items() for word in ("-S", f"{key}={_said(key, value)}")]


def _flat(overlay: Any, there: Any, path: Path, where: str) -> Any:
    if not isinstance(overlay, dict):
        yield where, overlay
        return
    if not isinstance(there, dict):
        raise ParamsError(f"{path}: {where}: params.yaml has a value there, not keys")
    overlay = dict(overlay)
    every = overlay.pop(EVERY, {})
    if not isinstance(every, dict):
        raise ParamsError(f"{path}: {where}.{EVERY}: must be a mapping of keys to values, not {every!r}")
    for key in there if every else ():
        if isinstance(own := overlay.get(key, {}), dict):
            overlay[key] = every | own
    for key, value in overlay.items():
        place = f"{where}.{key}" if where else str(key)
        if key not in there:
            raise unknown(path, place, key, there)
        if isinstance(value, dict) != isinstance(there[key], dict):
            raise ParamsError(f"{path}: {place}: {value!r} does not fit what params.yaml has there")
        yield from _flat(value, there[key], path, place)


def _copy(value: Any) -> Any:
    return {key: _copy(one) for key, one in value.items()} if isinstance(value, dict) else value


def _said(key: str, value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(_said(key, one) for one in value)}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if not PLAIN.fullmatch(str(value)):
        raise ParamsError(
            f"{key}: {value!r} cannot be passed to `dvc exp run`, for it has other characters than letters, digits and "
            "/:._+-; write it into params.yaml by `frugalgan preset NAME`, without --flags"
        )
    return str(value)
