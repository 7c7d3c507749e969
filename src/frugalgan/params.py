"""params.yaml → frozen dataclasses: the one way in which numbers reach the code.

A section's dataclass has no defaults: unknown, missing, mistyped and out-of-range values are errors that
name section, key, value and what is allowed. The value `scale` takes the chosen scale's value of the same name.
"""

import difflib
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from frugalgan.sections import (
    Compare,
    Data,
    Digits,
    Evaluate,
    KdSweep,
    Networks,
    Params,
    ParamsError,
    Prepare,
    Sample,
    Scale,
    Training,
)

__all__ = ["PARAMS", "ParamsError", "load", "pool", "section", "students"]

PARAMS = Path("params.yaml")
BY_SCALE = "scale"  # a value that stands for the chosen scale's
T = TypeVar("T")

SECTIONS = {
    "data": Data,
    "prepare": Prepare,
    "networks": Networks,
    "training": Training,
    "sample": Sample,
    "evaluate": Evaluate,
    "compare": Compare,
    "digits": Digits,
}
NO_METHODS = {"__init__", "adversarial", "autoencoding", "base", "configured"}  # files of methods/ without a section


def load(path: Path = PARAMS, scale: str | None = None) -> Params:
    """All sections that belong to no single method, checked; `scale` in place of the file's. Raises ParamsError."""
    raw = _read(path, scale)
    chosen = _scale(raw, path)
    shared = {
        name: _check(cls, _with_scale(_mapping(raw, name, path), chosen), path, name) for name, cls in SECTIONS.items()
    }
    _enough_samples(chosen, shared, path)
    return _check(Params, {"seed": raw.get("seed"), "scale_name": raw["scale"], "scale": chosen} | shared, path, "")


def section(
    cls: type[T],
    *names: str,
    without: tuple[str, ...] = (),
    instead: dict[str, Any] | None = None,
    path: Path = PARAMS,
    scale: str | None = None,
) -> T:
    """The sections `names`, merged, as the frozen dataclass `cls`; `instead` replaces single values.

    A key of the sections that `cls` does not have, and that is not in `without`, is an error, as is a field that no
    section has. `scale` in place of the file's. Raises ParamsError.
    """
    raw = _read(path, scale)
    merged = {key: value for name in names for key, value in _mapping(raw, name, path).items()}
    merged = {key: value for key, value in merged.items() if key not in without} | (instead or {})
    return _check(cls, _with_scale(merged, _scale(raw, path)), path, " + ".join(names))


def students(path: Path = PARAMS) -> dict[str, float]:
    """Model name → α of every student that the params name: `student`, `student_0.3`, …"""
    raw, kd = _kd(path)
    # Named by the number as it is written, 1 or 1.0, as DVC names the stages.
    return {"student": kd.alpha} | {f"student_{alpha}": float(alpha) for alpha in raw["sweep"]}


def pool(path: Path = PARAMS) -> int:
    """How many images of the teacher are made beforehand for all students; 0: none."""
    return _kd(path)[1].pool


def _kd(path: Path) -> tuple[dict[str, Any], "KdSweep"]:
    raw = _mapping(_read(path), "kd", path)
    keys = [field.name for field in fields(KdSweep)]
    return raw, _check(KdSweep, {key: raw[key] for key in keys if key in raw}, path, "kd")


def _read(path: Path, scale: str | None = None) -> dict[str, Any]:
    if not path.is_file():
        raise ParamsError(f"{path}: no such file; run from the project's top folder")
    try:
        raw = _parsed(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {error}") from None
    methods = {file.stem for file in (Path(__file__).parent / "methods").glob("*.py")}
    methods -= NO_METHODS
    known = {field.name for field in fields(Params)} - {"scale_name"} | {"scales"} | methods
    if not isinstance(raw, dict):
        raise ParamsError(f"{path}: must be a mapping of sections, not {raw!r}")
    if unknown := sorted(str(name) for name in set(raw) - known):
        raise ParamsError(f"{path}: unknown section {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    return raw | ({"scale": scale} if scale else {})


@cache
def _parsed(text: str) -> Any:
    return yaml.safe_load(text)  # a method has sections of its own, so one file is read often


def _mapping(raw: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    value = raw.get(name)
    if not isinstance(value, dict):
        raise ParamsError(f"{path}: section {name} must be a mapping of keys to values, not {value!r}")
    return value


def _scale(raw: dict[str, Any], path: Path) -> Scale:
    scales, name = _mapping(raw, "scales", path), raw.get("scale")
    if name not in scales:
        raise ParamsError(f"{path}: scale: {name!r} is not one of {', '.join(scales)}")
    return _check(Scale, _mapping(scales, name, path), path, f"scales.{name}")


def _enough_samples(scale: Scale, shared: dict[str, Any], path: Path) -> None:
    neighbours = max(shared["evaluate"].precision_k, shared["evaluate"].coverage_k)
    for key, n in (("samples", scale.samples), ("moment_samples", shared["training"].moment_samples)):
        if n <= neighbours:
            raise ParamsError(
                f"{path}: {key} of the scale: {n} is not allowed: evaluate.precision_k and coverage_k ask for more "
                f"than {neighbours}"
            )


def _with_scale(values: dict[str, Any], scale: Scale) -> dict[str, Any]:
    return {key: getattr(scale, key, value) if value == BY_SCALE else value for key, value in values.items()}


def _check(cls: type[T], values: dict[str, Any], path: Path, where: str) -> T:
    try:
        return cls(**{str(key): value for key, value in values.items()})
    except ValidationError as error:
        raise ParamsError("\n".join(_explain(e, path, where, cls) for e in error.errors())) from None


def _explain(error: Any, path: Path, where: str, cls: type) -> str:
    key = ".".join(str(part) for part in (where, *error["loc"]) if part != "")
    if error["type"] == "missing":
        return f"{path}: {key} is missing"
    if error["type"] == "unexpected_keyword_argument":
        near = difflib.get_close_matches(str(error["loc"][-1]), [field.name for field in fields(cls)], n=1)
        return f"{path}: {key} is not a known key" + (f"; did you mean {near[0]}?" if near else "")
    if error["type"] == "value_error":  # of a section as a whole
        return f"{path}: {key}: {error['ctx']['error']}"
    return f"{path}: {key}: {error['input']!r} is not allowed: {error['msg'].removeprefix('Input ')}"
