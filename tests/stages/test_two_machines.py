"""Two machines train different models of one study; a third gets all of them and trains nothing."""

from pathlib import Path

import pytest
from pipeline import call, clone, ran
from stand_in import StandIn

pytestmark = pytest.mark.slow

MACHINES = {"one": ("cats_vae", "digits_vae", "teacher_from_vae"), "two": ("student",)}  # all that the edits alter


def test_two_machines_share_a_study_through_git_and_a_remote(whole: StandIn, tmp_path: Path) -> None:
    study = whole.copy(tmp_path / "study")
    shelf = tmp_path / "shelf"
    call(study.folder, "dvc", "remote", "add", "--default", "shelf", str(shelf))
    call(study.folder, "dvc", "push")
    study.edit("params.yaml", "pixel_sd: 0.7", "pixel_sd: 0.6")
    study.edit("params.yaml", "alpha: 0.05", "alpha: 0.06")
    study.resolve()
    commit(study.folder, "a study that is to be trained")

    for machine, models in MACHINES.items():
        folder, stages = clone(study.folder, tmp_path / machine), [f"evaluate@{model}" for model in models]
        call(folder, "git", "checkout", "--quiet", "-b", machine)
        trained = ran(call(folder, "dvc", "repro", "--pull", *stages))
        assert {stage for stage in trained if stage.startswith("train")} == {f"train@{model}" for model in models}
        call(folder, "dvc", "push", "--with-deps", *stages)
        commit(folder, f"train {', '.join(models)}")

    third = clone(tmp_path / "one", tmp_path / "three")
    call(third, "git", "pull", "--quiet", "--no-rebase", "--no-edit", str(tmp_path / "two"), "two")
    call(third, "dvc", "pull", "--allow-missing")
    assert ran(call(third, "dvc", "repro")) == {"export@student", "report"}  # which neither machine was asked for
    for machine, models in MACHINES.items():
        for place in (f"{folder}/{model}" for model in models for folder in ("models", "samples")):
            theirs, ours = (sorted((folder / place).rglob("*")) for folder in (tmp_path / machine, third))
            contents = [[path.read_bytes() for path in paths if path.is_file()] for paths in (theirs, ours)]
            assert contents[0] == contents[1] and contents[0]


def commit(folder: Path, message: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    call(folder, "git", "add", "--all")
    call(folder, "git", *who, "commit", "--quiet", "--message", message)
