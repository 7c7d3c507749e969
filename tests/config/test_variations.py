"""`dvc exp run -S` writes into params.yaml: it stays valid, and keeps every comment and every other number."""

import re
import shutil
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from pipeline import PROJECT

from frugalgan.config.params import read_yaml
from frugalgan.config.study import load

# Change → the lines of the file that it takes away.
CHANGES = {
    "kd.alpha=0.3": 1,
    "wgan_gp.learning_rate=0.00005": 1,
    "students=[]": 4,
    "students=[0.5]": 3,
    "compare.pairs=[]": 6,
    "starts.transfer.weights=[generator]": 1,
    "starts.frozen.layers=3": 1,
    "budgets.teacher.kimg=64.0": 1,
    "datasets.cats.source=/my/photos": 1,
    "datasets.digits.labels=false": 1,
    "vae.pixel_sd=0.5": 1,
    "seed=3": 1,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_variation_changes_its_number_alone(tmp_path: Path, change: str) -> None:
    path, before = tmp_path / "params.yaml", PROJECT / "params.yaml"
    shutil.copy(before, path)
    apply_overrides(path, [change])
    old, new = (file.read_text(encoding="utf-8").splitlines() for file in (before, path))
    assert len([line for line in old if line not in new]) == CHANGES[change]
    assert comments(new) == comments(old)
    assert read_yaml(path) != read_yaml(before)
    load(path, PROJECT / "models.yaml")


def comments(lines: list[str]) -> list[str]:
    return [found[0] for line in lines if (found := re.search("#.*", line))]
