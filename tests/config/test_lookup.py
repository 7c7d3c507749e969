"""Names in the study → classes: the one that the file of that name defines."""

import importlib
from types import ModuleType

import pytest

from frugalgan.config.lookup import defined_in
from frugalgan.config.sections import ParamsError
from frugalgan.methods.base import Method
from frugalgan.methods.kd import Distillation
from frugalgan.networks import Family
from frugalgan.networks.dcgan_student import DcganStudent

WHERE = "models.yaml: models.a.method"


def test_a_file_defines_one_class_whatever_it_imports() -> None:
    assert defined_in("methods", "kd", Method, WHERE) is Distillation
    assert defined_in("networks", "dcgan_student", Family, "") is DcganStudent


@pytest.mark.parametrize("name", ["nothing", "", "a-b", "../methods/kd", "kd.py", "kd.Distillation", "os.path"])
def test_a_name_without_a_file_is_named_with_the_folder(name: str) -> None:
    message = rf"^models\.yaml: models\.a\.method: '{name}' must be a file of src/frugalgan/methods/ with one Method: "
    with pytest.raises(ParamsError, match=message + "there is no such file"):
        defined_in("methods", name, Method, WHERE)


def test_a_file_without_such_a_class_says_so() -> None:
    with pytest.raises(ParamsError, match=r"'losses' must be a file of .*: the file defines none"):
        defined_in("methods", "losses", Method, WHERE)


def test_a_file_of_several_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("frugalgan.methods.two")
    for name in ("One", "Two"):
        setattr(module, name, type(name, (Method,), {"__module__": module.__name__}))
    monkeypatch.setattr(importlib, "import_module", lambda name: module)
    with pytest.raises(ParamsError, match="the file defines 2"):
        defined_in("methods", "two", Method, WHERE)


def test_what_a_file_lacks_itself_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> ModuleType:
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy")

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(ModuleNotFoundError, match="scipy"):
        defined_in("methods", "kd", Method, WHERE)
