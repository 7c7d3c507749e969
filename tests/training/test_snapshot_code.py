"""Which edits of code leave a snapshot valid, and which make its training start anew."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from one_training import KD, MODEL, ROW, study_of

from frugalgan import code
from frugalgan.training.job import job
from frugalgan.training.run import code_of


def forget() -> None:
    code._imported.cache_clear()
    code._said.cache_clear()


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package, whose code is what counts."""
    shutil.copytree(code.SRC / code.PACKAGE, tmp_path / code.PACKAGE)
    monkeypatch.setattr(code, "SRC", tmp_path)
    yield tmp_path / code.PACKAGE
    forget()


def code_now() -> dict[str, str]:
    """Of both models, as a new process finds it."""
    forget()
    study = study_of({MODEL: ROW, "student": KD | {"from": MODEL}})
    return {name: code_of(job(study, name, Path("nowhere"))) for name in (MODEL, "student")}


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    """Of the package, which the copy equals."""
    return code_now()


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


def test_another_method_a_comment_or_a_docstring_leaves_snapshots_valid(before: dict[str, str], source: Path) -> None:
    shutil.copy(source / "methods/dcgan.py", source / "methods/hinge.py")
    edit(source / "methods/kd.py", "self.alpha * self.adversarial", "2 * self.adversarial")  # another method's
    edit(source / "networks/dcgan_student.py", "8, 4, 2", "8, 4, 1")  # other networks'
    edit(source / "training/loop.py", "def train(", "# a comment\n\ndef train(")
    edit(source / "methods/losses.py", '"""E[', '"""The mean of [')
    assert code_now()[MODEL] == before[MODEL]


@pytest.mark.parametrize(
    ("file", "whose"),
    [
        ("methods/wgan_gp.py", {MODEL}),
        ("methods/kd.py", {"student"}),
        ("networks/dcgan_student.py", {"student"}),
        ("methods/gan.py", {MODEL, "student"}),
        ("methods/losses.py", {MODEL, "student"}),
        ("networks/dcgan.py", {MODEL, "student"}),
        ("training/loop.py", {MODEL, "student"}),
        ("data/batches.py", {MODEL, "student"}),
        ("methods/vae.py", set()),
        ("report/results.py", set()),
        ("evaluation/quality.py", set()),
    ],
)
def test_code_that_a_training_runs_starts_it_anew(
    before: dict[str, str], source: Path, file: str, whose: set[str]
) -> None:
    (source / file).write_text((source / file).read_text() + "\n\nADDED = 1\n")
    now = code_now()
    assert {name for name in before if now[name] != before[name]} == whose
