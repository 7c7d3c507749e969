"""Seconds of our Fréchet distance and of pytorch-fid's on the same features, side by side, as medians."""

import statistics
import time
from collections.abc import Callable
from typing import Annotated

import numpy as np
import scipy.linalg
import typer
from pytorch_fid import fid_score

from frugalgan.evaluation.metrics.frechet import frechet_distance

sqrtm = scipy.linalg.sqrtm
# the argument `disp` that pytorch-fid 0.3.0 passes is gone in SciPy 1.18
fid_score.linalg.sqrtm = lambda matrix, disp=True: sqrtm(matrix) if disp else (sqrtm(matrix), 0.0)


def timed(function: Callable[[], float]) -> tuple[float, float]:
    """(seconds, what the function returned)."""
    start = time.perf_counter()
    value = function()
    return time.perf_counter() - start, value


def main(
    n: Annotated[int, typer.Option(help="images per set")],
    d: Annotated[int, typer.Option(help="dimensions of a feature")],
    repeats: Annotated[int, typer.Option(help="runs of each function, alternating")],
) -> None:
    """pytorch-fid is handed ready means and covariances; ours starts from the features."""
    rng = np.random.default_rng(0)
    a, b = rng.gamma(1.0, size=(n, d)), rng.gamma(1.1, size=(n, d))
    statistics_a, statistics_b = ((x.mean(axis=0), np.cov(x, rowvar=False)) for x in (a, b))
    frechet_distance(a, b)  # the first call starts the threads of BLAS
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(timed(lambda: frechet_distance(a, b)))
        theirs.append(timed(lambda: fid_score.calculate_frechet_distance(*statistics_a, *statistics_b)))
    seconds = [statistics.median(run[0] for run in runs) for runs in (ours, theirs)]
    typer.echo(f"frugalgan   {seconds[0]:8.4f} s  {ours[0][1]:.8g}")
    typer.echo(f"pytorch-fid {seconds[1]:8.4f} s  {theirs[0][1]:.8g}")
    typer.echo(f"{seconds[1] / seconds[0]:.0f} times as fast, n = {n}, d = {d}, median of {repeats}")


if __name__ == "__main__":
    typer.run(main)
