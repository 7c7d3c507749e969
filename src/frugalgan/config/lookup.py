"""Names in models.yaml and params.yaml → the class that the file of that name defines."""

import importlib
from typing import Any, TypeVar

from frugalgan.config.sections import ParamsError

T = TypeVar("T")


def defined_in(room: str, name: str, base: type[T], where: str) -> type[T]:
    """The one subclass of `base` that frugalgan.<room>.<name> defines. Raises ParamsError; `where` names the key."""
    module_name = f"frugalgan.{room}.{name}"
    found: list[Any] = []
    what = "there is no such file"
    if name.isidentifier():
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name != module_name:
                raise
        else:
            found = [
                value
                for value in vars(module).values()
                if isinstance(value, type) and issubclass(value, base) and value.__module__ == module_name
            ]
            what = f"the file defines {len(found) or 'none'}"
    if len(found) != 1:
        raise ParamsError(f"{where}: {name!r} must be a file of src/frugalgan/{room}/ with one {base.__name__}: {what}")
    return found[0]
