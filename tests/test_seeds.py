"""`frugalgan seeds` on real DVC experiments, of a pipeline that only writes metrics."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from pipeline import PROJECT

BIN = Path(sys.executable).parent
STAGE = """
import json, yaml
seed = yaml.safe_load(open("params.yaml"))["seed"]
for name, distance in (("transfer", 10.0 + seed), ("scratch", 30.0 + seed)):
    values = {"extractor": "inception", "fid": distance, "fid_vs_teacher": 1.0, "fid_draws": [1.0, 2.0]}
    json.dump(values, open(f"metrics/quality/{name}.json", "w"))
    cost = {"seconds": 60.0 * (1 + seed), "peak_training_bytes": 5}
    cost["seed"] = seed if name == "transfer" or seed < 3 else 0
    cost |= {"device": "CPU", "precision": "float32", "torch": "2"}
    json.dump(cost, open(f"metrics/cost/{name}.json", "w"))
"""
PIPELINE = """
stages:
  all:
    cmd: python stage.py
    deps: [stage.py]
    params: [seed, scale, data]
    metrics:
      - metrics/quality/transfer.json: {cache: false}
      - metrics/quality/scratch.json: {cache: false}
      - metrics/cost/transfer.json: {cache: false}
      - metrics/cost/scratch.json: {cache: false}
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for folder in ("metrics/quality", "metrics/cost"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / ".gitkeep").touch()
    (tmp_path / "stage.py").write_text(STAGE)
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    params = (PROJECT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(params.replace("  - student* / teacher\n", ""))
    for command in (
        "git init --quiet",
        "git config user.name test",
        "git config user.email test@example.org",
        "dvc init --quiet",
    ):
        call(tmp_path, *command.split())
    shutil.copy(PROJECT / ".dvc" / "config", tmp_path / ".dvc" / "config")
    call(tmp_path, "dvc", "repro", "--quiet")
    call(tmp_path, "git", "add", "--all")
    call(tmp_path, "git", "commit", "--quiet", "--message", "start")
    return tmp_path


def call(folder: Path, *command: str, fails: bool = False) -> str:
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_means_and_deviations_over_queued_seeds(repository: Path) -> None:
    assert "no two runs that differ in nothing but `seed`" in call(repository, "frugalgan", "seeds", fails=True)
    call(repository, "dvc", "exp", "run", "--queue", "-S", "seed=1,2,3")  # 3 leaves scratch as another seed trained it
    call(repository, "dvc", "exp", "run", "--queue", "-S", "seed=4", "-S", "data.seed=5")  # not only another seed
    call(repository, "dvc", "exp", "run", "--run-all")
    shown = call(repository, "frugalgan", "seeds", "--csv", "seeds.csv")
    assert "scale embedded, seeds 0 (HEAD), 1 (" in shown and "4 (" not in shown
    table = pd.read_csv(repository / "seeds.csv").set_index(["model", "metric"])
    distance = table.loc[("transfer", "fid")]
    assert (distance["mean"], distance["sd"], distance["seeds"]) == (11.5, pytest.approx(1.29099), 4)
    assert (table.loc[("scratch", "seconds"), "mean"], table.loc[("scratch", "fid"), "seeds"]) == (120, 3)
    assert "| transfer | 11.5 | 1.291 | scratch | 31 | 1 | 3 |" in shown
    assert "| better |" in shown
