"""What tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline import call, smoke_project

from frugalgan.networks import sampling
from frugalgan.running.schedule import DVC

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # tests start hundreds of processes: none compiles the project anew


@pytest.fixture(scope="session")
def photos() -> Path:
    """The folder of real photographs, animal-faces/afhq/…; tests that need it are skipped where there is none."""
    folder = Path(os.environ.get("FRUGALGAN_PHOTOS", ""))
    if not (folder / "animal-faces").is_dir():
        pytest.skip("real photographs needed: set FRUGALGAN_PHOTOS to a folder with animal-faces/afhq/ in it")
    return folder


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this checkout after `dvc repro` with the preset `smoke`; whoever changes it takes `unchanged`."""
    return smoke_project(tmp_path_factory.mktemp("pipeline") / "clone")


@pytest.fixture
def small_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 images a pass in place of 64 where samples are drawn and BatchNorm statistics are estimated, which is where a
    training of a few steps spends its time."""
    monkeypatch.setattr(sampling, "BATCH", 8)


@pytest.fixture
def unchanged(project: Path) -> Iterator[Path]:
    """The project, put back afterwards: new metrics files too, for the report depends on the whole folder."""
    yield project
    call(project, "git", "checkout", "--quiet", "--", ".")
    call(project, "git", "clean", "--quiet", "-d", "--force", "metrics", "results")
    call(project, *DVC, "checkout", "--quiet", "--force")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several processes (pytest -n), tests that share a costly project run in one of them."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        shared = "whole" if "whole" in names else "project" if "project" in names else None
        if shared or item.path.parent.name == "stages":
            item.add_marker(pytest.mark.xdist_group(shared or item.path.stem))
