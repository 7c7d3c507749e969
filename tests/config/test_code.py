"""What the code of a stage says: the modules that it imports at any depth, each with a hash of its text."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline import PROJECT

from frugalgan import code
from frugalgan.code import imported, text_of, write_code

MODULES = sorted((PROJECT / "src/frugalgan").rglob("*.py"))
SCRIPTS = sorted((PROJECT / "stages").glob("*.py"))


def package(folder: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `frugalgan` of these modules, in place of ours."""
    for name, text in files.items():
        path = folder / "frugalgan" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for parent in path.parents[: len(Path(name).parts)]:
            (parent / "__init__.py").touch()
    monkeypatch.setattr(code, "SRC", folder)
    code._imported.cache_clear()
    code._said.cache_clear()
    return folder


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that an earlier test's package said."""
    code._imported.cache_clear()
    code._said.cache_clear()


@pytest.mark.parametrize(
    "source",
    [
        "from frugalgan.data import images",
        "from frugalgan.data.images import grid",
        "import frugalgan.data.images",
        "import os, frugalgan.data.images as i",
        "def f():\n    from frugalgan.data.images import grid",
        "class A:\n    def f(self):\n        if self:\n            import frugalgan.data.images",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from frugalgan.data.images import grid",
        "try:\n    from frugalgan.data.images import (\n        grid,\n        resize,\n    )\nfinally:\n    pass",
    ],
)
def test_imports_are_seen_wherever_they_stand_with_the_packages_they_are_in(source: str) -> None:
    assert imported(source) == {"frugalgan", "frugalgan.data", "frugalgan.data.images"}


def test_other_packages_and_names_that_are_no_modules_are_not() -> None:
    source = "import os.path\nimport numpy as np\nfrom frugalgan_else import a\nfrom frugalgan.data import nothing"
    assert imported(source) == {"frugalgan", "frugalgan.data"}


def test_what_is_imported_at_any_depth_counts_and_what_is_not_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "methods/one.py": "from frugalgan.room import low\n",
        "room/low.py": "def f():\n    from frugalgan.other import deep\n",
        "other/deep.py": "import frugalgan.methods.one\n",  # in a circle
        "other/apart.py": "x = 1\n",
    }
    package(tmp_path, files, monkeypatch)
    before = text_of(["methods.one"])
    assert [line.split()[0] for line in before.splitlines()] == [
        "frugalgan",
        "frugalgan.methods",
        "frugalgan.methods.one",
        "frugalgan.other",
        "frugalgan.other.deep",
        "frugalgan.room",
        "frugalgan.room.low",
    ]
    for name, counts in (("other/deep.py", True), ("other/__init__.py", True), ("other/apart.py", False)):
        package(tmp_path, files | {name: files.get(name, "") + "y = 2\n"}, monkeypatch)
        assert (text_of(["methods.one"]) != before) == counts, name
        package(tmp_path, files, monkeypatch)
        (tmp_path / "frugalgan/other/__init__.py").write_text("")
    with pytest.raises(ValueError, match=r"frugalgan\.methods\.two: there is no such file below"):
        text_of(["methods.two"])


def test_a_file_per_stage_method_and_section_of_networks(tmp_path: Path) -> None:
    write_code(
        tmp_path,
        SCRIPTS,
        ["wgan_gp", "ae"],
        {"faces": ["dcgan"], "small": ["dcgan_student"]},
        {"student_0.3": ["dcgan_student"]},
    )
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == {
        *(f"stages/{script.stem}" for script in SCRIPTS),
        *("methods/wgan_gp", "methods/ae", "networks/faces", "networks/small", "exports/student_0.3"),
    }
    train = (tmp_path / "stages/train").read_text().splitlines()
    assert train[0].startswith("train.py ")
    modules = {line.split()[0] for line in train[1:]}
    assert {"frugalgan", "frugalgan.data.batches", "frugalgan.training", "frugalgan.training.loop"} < modules
    # These are looked up by name, so they have files of their own and change no other's trainings.
    assert not {"frugalgan.methods.wgan_gp", "frugalgan.methods.ae", "frugalgan.networks.dcgan"} & modules
    assert "frugalgan.methods.gan " in (tmp_path / "methods/wgan_gp").read_text()
    assert "frugalgan.methods.gan " not in (tmp_path / "methods/ae").read_text()
    assert "frugalgan.networks.dcgan_student " in (tmp_path / "networks/small").read_text()


def test_the_report_runs_no_training() -> None:
    report = (PROJECT / "stages/report.py").read_text()
    lines = code._lines(imported(report))
    assert "frugalgan.report.report " in lines
    assert not [line for line in lines.splitlines() if line.startswith(("frugalgan.training.l", "frugalgan.methods."))]


def test_the_code_imports_as_it_can_be_seen() -> None:
    """No relative imports, and lookups by name only where methods and networks are, and in what no stage imports."""
    by_name = set()
    for file in (*MODULES, *SCRIPTS):
        source = file.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(source)))
        assert not [node for node in nodes if isinstance(node, ast.ImportFrom) and node.level], file
        assert not [node for node in nodes if isinstance(node, ast.Name) and node.id == "__import__"], file
        if any(isinstance(node, ast.Attribute) and node.attr == "import_module" for node in nodes):
            by_name.add(file.relative_to(PROJECT / "src/frugalgan").as_posix())
    assert by_name == {"config/lookup.py", "networks/store.py", "running/repro.py"}


def test_it_reads_code_without_running_it() -> None:
    program = (
        "import sys; from frugalgan.code import text_of; text_of(['methods.wgan_gp']); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
