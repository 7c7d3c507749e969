"""The table of docs/metrics.md that shows the Inception Score's five failures, measured anew."""

import runpy
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pipeline import PROJECT
from small_study import dataset

from frugalgan.config.sections import Dataset
from frugalgan.data.prepare import prepare
from frugalgan.data.settings import Prepare
from frugalgan.data.sources import fetch

TEXTURES = "3 textures without shape"


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scikit-learn's real digits, prepared."""
    folder, section = tmp_path_factory.mktemp("d"), Dataset(**dataset(source="sklearn", colour=False, labels=True))
    fetch(section, folder / "raw")
    prepare(folder / "raw", folder / "digits", section, Prepare(max_rejected=0.0, max_megapixels=128.0))
    return folder / "digits"


@pytest.fixture(scope="module")
def benchmark() -> dict:
    sys.path.insert(0, str(PROJECT / "benchmarks"))
    return runpy.run_path(str(PROJECT / "benchmarks/what_inception_score_misses.py"))


def told() -> pd.DataFrame:
    """What the page says."""
    text = (PROJECT / "docs/metrics.md").read_text(encoding="utf-8")
    lines = text[text.index("| failure | images |") :].split("\n\n")[0].splitlines()
    table = pd.read_csv(StringIO("\n".join([lines[0], *lines[2:]])), sep=r"\s*\|\s*", engine="python")
    return table.iloc[:, 1:-1].set_index("failure")


def same(measured: pd.DataFrame, page: pd.DataFrame) -> None:
    for column in measured.select_dtypes("number"):
        np.testing.assert_allclose(page.loc[measured.index, column], measured[column], rtol=0.03, atol=0.02)


def test_real_digits_show_four_of_the_failures(digits: Path, benchmark: dict) -> None:
    found = benchmark["table"](digits, None)
    same(found, told())
    for name, row in found.iterrows():
        assert row["score"] > 0.93 * row["score_of_real"], name  # the score has nothing against them
    real = found.loc["0 none"]
    for name in found.index[1:4]:  # but these have
        assert found.loc[name, "distance"] > 1.25 * real["distance"], name
        assert found.loc[name, "recall"] < 0.8 * real["recall"], name
    assert found.loc["5 memorised training images", "copies"] > 0.9 > 0.2 > real["copies"]


@pytest.mark.slow
def test_photographs_show_that_textures_will_do(photographs: tuple[np.ndarray, np.ndarray], benchmark: dict) -> None:
    row = benchmark["of_photographs"](*photographs)
    same(pd.DataFrame.from_dict({TEXTURES: row}, orient="index"), told())
    assert row["score"] > row["score_of_real"] and row["distance"] > 1.5
