"""A trained generator's images: PNGs and a grid, the same z for every model."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.sampling import write_samples
from frugalgan.stage import run_stage


def main(
    model: Annotated[Path, typer.Argument(help="folder of the trained model")],
    out: Annotated[Path, typer.Argument(help="folder of PNGs to write, evaluate.repeats × scales.*.samples of them")],
    grid: Annotated[Path, typer.Argument(help="PNG of the first images as a grid to write")],
    fixed: Annotated[Path, typer.Argument(help="PNG of the six fixed vectors' images to write")],
) -> None:
    """Draw z from `sample.seed` of params.yaml and write the generator's images of it."""
    p = params.load()
    n = p.evaluate.repeats * p.scale.samples
    write_samples(model, out, grid, fixed, n=n, seed=p.sample.seed, batch_size=p.evaluate.batch_size)


if __name__ == "__main__":
    run_stage(main)
