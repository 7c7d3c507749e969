"""The structure of the project: rooms, which way imports run, and how long the files are that people edit."""

import ast
from pathlib import Path

import yaml
from pipeline import PROJECT

from frugalgan.code import imported

SRC = PROJECT / "src/frugalgan"
GROUND = ("files", "provenance", "code", "device", "command")
ROOMS = ("config", "data", "networks", "methods", "training", "evaluation", "report", "export", "direct", "running")
FLOORS = (*GROUND, *ROOMS, "check", "cli")


def room(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def test_imports_run_downwards() -> None:
    for path in SRC.rglob("*.py"):
        for module in imported(path.read_text(encoding="utf-8")) - {"frugalgan"}:
            other = module.split(".")[1]
            assert other == room(path) or FLOORS.index(other) < FLOORS.index(room(path)), (path, module)


def test_a_stage_is_a_script_that_calls_the_library() -> None:
    for path in (PROJECT / "stages").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 40, path
        assert [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)] == ["main"], path


def test_what_people_edit_is_short() -> None:
    lines = {name: (PROJECT / name).read_text().splitlines() for name in ("dvc.yaml", "params.yaml", "models.yaml")}
    assert len(lines["dvc.yaml"]) <= 200 and len(lines["params.yaml"]) <= 280
    models = yaml.safe_load((PROJECT / "models.yaml").read_text())["models"]
    assert len([line for line in lines["models.yaml"] if line.startswith("  ")]) == len(models)
    assert len(list(SRC.glob("*.py"))) <= 8
