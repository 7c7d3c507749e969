"""Each judge of a data set has its own features of real images."""

from pathlib import Path

import numpy as np
import torch
from mean_colour import COLOUR, SETTINGS, MeanColour, cats, sets_of

from frugalgan.evaluation.judge import judges
from frugalgan.evaluation.reference import SECOND


class Other(MeanColour):
    name = "other"


def test_sets_go_to_the_network_that_made_them(tmp_path: Path) -> None:
    sets = sets_of(cats(tmp_path / "cats"), n=20)
    theirs = {f"{SECOND}{name}": one for name, one in sets.items()}
    other = Other(Path(__file__), torch.device("cpu"))
    first, second = judges({"": COLOUR, SECOND: other}, sets | theirs, SETTINGS)
    assert (first.network, second.network, first.prefix, second.prefix) == (COLOUR, other, "", SECOND)
    assert first.real == sets and second.real == {name: theirs[f"{SECOND}{name}"] for name in sets}
    (alone,) = judges({"": COLOUR}, sets, SETTINGS)
    assert alone.real == sets
    assert np.array_equal(alone.features(np.zeros((2, 3, 8, 8), np.uint8), "black", 0).features, np.zeros((2, 3)))
