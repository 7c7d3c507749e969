"""What goes wrong says why and loses nothing: through the real `dvc` commands."""

import shutil
import subprocess
from pathlib import Path

import pytest
from pipeline import PROJECT, call, ran, replace

pytestmark = pytest.mark.slow

STUDENT = "models/student/weights/0/generator.safetensors"


def test_a_failing_stage_says_why_and_loses_nothing(unchanged: Path) -> None:
    kept = (unchanged / STUDENT).read_bytes()
    output = call(unchanged, "dvc", "exp", "run", "-S", "kd.learning_rate=fast", fails=True)
    assert "kd.learning_rate: 'fast' is not allowed" in output
    call(unchanged, "git", "checkout", "--quiet", "--", ".")
    metrics = (unchanged / "metrics" / "student.json").read_bytes()
    inception = ("-S", "datasets.cats.extractor=inception", "-S", "evaluate.inception_weights=gone.pth")
    output = call(unchanged, "dvc", "exp", "run", *inception, "evaluate@student", fails=True)
    for part in ("gone.pth: no such file", "sha256", "evaluate.inception_weights", "efficientnet_lite0"):
        assert part in output
    assert (unchanged / "metrics" / "student.json").read_bytes() == metrics
    call(unchanged, "git", "checkout", "--quiet", "--", ".")
    call(unchanged, "dvc", "checkout", "--quiet")
    assert (unchanged / STUDENT).read_bytes() == kept


def test_a_row_that_names_what_is_not_there_fails_before_anything_trains(unchanged: Path) -> None:
    with (unchanged / "models.yaml").open("a") as file:
        file.write(
            "  lost: {data: cats, method: wgan, networks: faces, from: random, start: random, "
            "budget: dogs, recipe: plain, seeds: 1}\n"
        )
    output = call(unchanged, "dvc", "repro", fails=True)
    assert "models.yaml: models.lost.method: 'wgan' is not one of" in output and "did you mean wgan_gp" in output
    assert ran(output) == {"code"}


def test_somebodys_picture_is_never_deleted(unchanged: Path) -> None:
    mine = unchanged / "data/fetched/dogs/my dog.jpg"
    shutil.copy(next((unchanged / "data/fetched/dogs").rglob("*.jpg")), mine)
    replace(unchanged / "params.yaml", "    count: 32\n", "    count: 33\n")
    output = call(unchanged, "dvc", "repro", "fetch@dogs", fails=True)
    assert "my dog.jpg: this file was not fetched" in output and mine.is_file()
    assert "my dog.jpg" in call(unchanged, "frugalgan", "check", fails=True)
    call(unchanged, "git", "checkout", "--quiet", "params.yaml")
    call(unchanged, "dvc", "checkout", "--force")
    call(unchanged, "dvc", "exp", "run", "-S", "datasets.dogs.count=33", "fetch@dogs", fails=True)
    assert mine.is_file()
    mine.unlink()


def test_an_unpacked_archive_is_told_what_it_lacks_before_anything_is_installed(tmp_path: Path) -> None:
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=PROJECT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=tmp_path, input=archive, check=True)
    for command in (("make", "repro"), ("frugalgan", "repro")):
        output = call(tmp_path, *command, fails=True)
        assert "no git repository, which DVC needs" in output and "git init && git add -A && git commit" in output
    assert not (tmp_path / ".venv").exists()
    call(tmp_path, "git", "init", "--quiet")
    call(tmp_path, "git", "add", "-A")
    call(tmp_path, "git", "-c", "user.name=me", "-c", "user.email=me@example.org", "commit", "--quiet", "-m", "start")
    assert ran(call(tmp_path, "frugalgan", "repro", "code")) == {"code"}
