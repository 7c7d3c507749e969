"""YAML files → checked frozen dataclasses, with errors that name file, key, value and what is allowed."""

import difflib
import re
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from frugalgan.config.sections import ParamsError

T = TypeVar("T")


class _Loader(yaml.SafeLoader):
    """YAML with 5e-05 as a number, as YAML 1.2 and DVC have it, and without two keys of one name."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise yaml.constructor.ConstructorError(None, None, f"two keys {key.value!r}", key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+$"),
    list("-+0123456789."),
)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; whoever gets it must not change it. Raises ParamsError."""
    if not path.is_file():
        raise ParamsError(f"{path}: no such file; run from the project's top folder")
    try:
        raw = _parsed(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ParamsError(f"{path}: not UTF-8 text: {error}") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(raw, dict):
        raise ParamsError(f"{path}: must be a mapping of sections, not {raw!r}")
    return raw


@cache
def _parsed(text: str) -> Any:
    return yaml.load(text, _Loader)


def mapping(raw: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    """The section `name`, which must be a mapping. Raises ParamsError."""
    value = raw.get(name)
    if not isinstance(value, dict):
        raise ParamsError(f"{path}: section {name} must be a mapping of keys to values, not {value!r}")
    return value


def check(cls: type[T], values: Any, path: Path, where: str) -> T:
    """`values` as the frozen dataclass `cls`; `where` names the section in errors. Raises ParamsError."""
    if not isinstance(values, dict):
        raise ParamsError(f"{path}: section {where} must be a mapping of keys to values, not {values!r}")
    try:
        return checked(cls, values, where)
    except ValueError as error:
        raise ParamsError("\n".join(f"{path}: {line}" for line in str(error).split("\n"))) from None


def checked(cls: type[T], values: dict[str, Any], where: str) -> T:
    """The same without the file's name. Raises ValueError, a line for each key that is wrong."""
    try:
        return cls(**{str(key): value for key, value in values.items()})
    except ValidationError as error:
        raise ValueError("\n".join(_explain(e, where, cls) for e in error.errors())) from None


def unknown(path: Path, where: str, name: object, known: Any) -> ParamsError:
    """The error for a name that is none of `known`."""
    names = [str(one) for one in known]
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return ParamsError(f"{path}: {where}: {name!r} is not one of {', '.join(names) or 'none'}{hint}")


def _keys(cls: Any) -> list[str]:
    """The keys of a section: the fields' names, or what they are called in the file (`from`)."""
    known = cls.__pydantic_fields__
    return [known[field.name].validation_alias or field.name for field in fields(cls)]


def _explain(error: Any, where: str, cls: Any) -> str:
    key = ".".join(str(part) for part in (where, *error["loc"]) if part != "")
    if error["type"] == "missing":
        return f"{key} is missing"
    if error["type"] == "unexpected_keyword_argument":
        near = difflib.get_close_matches(str(error["loc"][-1]), _keys(cls), n=1)
        return f"{key} is not a known key" + (f"; did you mean {near[0]}?" if near else "")
    if error["type"] == "value_error":  # of a section as a whole
        return "\n".join(f"{key}: {line}" for line in str(error["ctx"]["error"]).split("\n"))
    return f"{key}: {error['input']!r} is not allowed: {error['msg'].removeprefix('Input ')}"
