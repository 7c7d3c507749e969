"""Two domains of one generator in one picture: their numbers add up."""

from pathlib import Path

import numpy as np

from frugalgan.data.images import enlarged_grid, write_png
from frugalgan.export.generate import weights_in
from frugalgan.files import check_target
from frugalgan.networks.sampling import generate
from frugalgan.networks.store import load_mixture

STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
COLUMNS = ((0.0, 0.0), *((1 - step, step) for step in STEPS), (1.0, 1.0))  # shares of the two domains


def write_mixture(first: Path, second: Path, file: Path, *, n: int, seed: int) -> None:
    """`file`, a PNG with a row per z: the source, the first domain turning into the second, and the sum of both.

    Raises IsADirectoryError where a folder lies there, before anything is drawn.
    """
    check_target(file, folder=False)
    folders = [weights_in(first), weights_in(second)]
    strips = [generate(load_mixture(folders, shares), n=n, seed=seed).numpy() for shares in COLUMNS]
    write_png(file, enlarged_grid(np.stack(strips, axis=1).reshape(-1, *strips[0].shape[1:]), columns=len(COLUMNS)))
