"""Benchmarks of recipes: a machine that is too slow for a mark is told so, before it trains for nothing."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from pipeline import PROJECT

from frugalgan.networks.dcgan import Dcgan


def test_marks_of_the_clock_that_one_step_passes_are_refused(tmp_path: Path) -> None:
    recipes = runpy.run_path(str(PROJECT / "benchmarks/recipes.py"))
    np.save(tmp_path / "training.npy", np.zeros((16, 3, 32, 32), np.uint8))
    family = Dcgan(latent_size=8, conditional=False, generator_width=16, critic_width=4)
    chosen = ("wgan_gp", recipes["WGAN_GP"], family)
    with pytest.raises(
        SystemExit, match=r"wgan_gp: its first 2 steps take \d+ s here: choose --seconds above that, or smaller"
    ):
        recipes["train"](chosen, 0, tmp_path, [1e-9], lambda images: {})
    assert [file.name for file in tmp_path.iterdir()] == ["training.npy"]
