"""Whose code a command runs, what it prints on any console, and how it says what went wrong."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline import BIN, PROJECT, call, clone, environment

from frugalgan import command
from frugalgan.command import run_stage, way_back

FRUGALGAN, PYTHON = str(BIN / "frugalgan"), sys.executable


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copied project, whose code says that it is the copy's."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("params.yaml", "models.yaml"):
        shutil.copy(PROJECT / name, folder)
    for name in ("src", "stages", "presets"):
        shutil.copytree(PROJECT / name, folder / name)
    with (folder / "src/frugalgan/config/study.py").open("a") as file:
        file.write("\nraise SystemExit('this is the copy')\n")
    return folder


@pytest.mark.parametrize("asked", [(FRUGALGAN, "check"), (PYTHON, "stages/prepare.py", "cats")])
@pytest.mark.parametrize("path", ["", "/nowhere"])
def test_a_copied_project_runs_its_own_code(copy: Path, asked: tuple[str, ...], path: str) -> None:
    assert "this is the copy" in call(copy, *asked, fails=True, PYTHONPATH=path)


def test_code_that_cannot_be_the_folders_own_is_told(copy: Path) -> None:
    path = f"{PROJECT / 'src'}:{copy / 'src'}"
    said = call(copy, PYTHON, "stages/prepare.py", "cats", fails=True, PYTHONPATH=path)
    assert f"the code that runs is that of {PROJECT / 'src/frugalgan'}, not of {copy / 'src'}: run `make repro`" in said


@pytest.mark.parametrize(
    ("encoding", "asked"),
    [("ascii", asked) for asked in (("results",), ("params", "student"), ("--help",), ("plan", "--help"))]
    + [(encoding, ("results",)) for encoding in ("cp932", "latin-1", "cp1252")],
)
def test_any_console_can_show_it(encoding: str, asked: tuple[str, ...]) -> None:
    variables = environment(PROJECT) | {"PYTHONIOENCODING": encoding}
    shown = subprocess.run([FRUGALGAN, *asked], cwd=PROJECT, env=variables, capture_output=True, check=True)
    assert len(shown.stdout) > 100 and not shown.stderr


def test_an_error_names_a_file_that_a_console_cannot_show(tmp_path: Path) -> None:
    said = call(tmp_path, FRUGALGAN, "results", "--results", "猫", fails=True, PYTHONIOENCODING="ascii")
    assert "frugalgan: " in said and "no such file" in said and "Traceback" not in said


def test_a_refused_value_says_how_to_get_back(tmp_path: Path) -> None:
    folder = clone(PROJECT, tmp_path / "clone")
    shutil.copytree(PROJECT / "src", folder / "src", dirs_exist_ok=True)
    for name in ("params.yaml", "models.yaml", "stages/prepare.py"):
        shutil.copy(PROJECT / name, folder / name)
    call(folder, "git", "commit", "--quiet", "--all", "--allow-empty", "--message", "as it stands")
    params = folder / "params.yaml"
    params.write_text(params.read_text().replace("alpha: 0.05", "alpha: much"))
    for asked in ((FRUGALGAN, "check"), (FRUGALGAN, "plan", "--no-time"), (PYTHON, "stages/train.py", "student")):
        said = call(folder, *asked, fails=True)
        assert "kd.alpha: 'much' is not allowed" in said and "`git checkout params.yaml` goes back" in said
    call(folder, "git", "checkout", "params.yaml")
    assert "goes back" not in call(folder, FRUGALGAN, "params", "nobody", fails=True)


def test_other_errors_do_not_speak_of_params(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("git is asked"))
    assert way_back(ValueError("data/prepared/cats: no such folder")) == ""


def test_what_may_not_be_read_is_not_said_to_be_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def main() -> None:
        raise PermissionError(13, "Permission denied", "photos/closed")

    monkeypatch.setattr(sys, "argv", ["stages/fetch.py"])
    monkeypatch.setattr(command, "run_own_code", lambda: None)
    with pytest.raises(SystemExit) as ended:
        run_stage(main)
    assert "photos/closed" in str(ended.value)
    assert "you may not read or write it: change its permissions, or those of its folder" in str(ended.value)


def test_the_command_starts_without_torch_which_takes_a_second_or_two() -> None:
    program = "import sys, frugalgan.cli; sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
