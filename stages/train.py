"""Ordinary training: model 1 (teacher), model 2 (full), or the untrained generator they start from."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.pipeline import planned
from frugalgan.stage import Fresh, run_stage
from frugalgan.training.run import run
from frugalgan.training.snapshot import root


def main(
    data: Annotated[Path, typer.Argument(help="folder of prepared images, with images.npy")],
    out: Annotated[Path, typer.Argument(help="folder of the model to write; its name is the model's")],
    cost: Annotated[Path, typer.Argument(help="JSON of memory (bytes), time (seconds) and parameters to write")],
    fresh: Fresh = False,
) -> None:
    """Train a WGAN-GP from fresh weights, as section `wgan_gp` of params.yaml says."""
    p = params.load()
    run(planned(p, out.name), p, data=data, out=out, cost=cost, snapshots=root(), fresh=fresh)


if __name__ == "__main__":
    run_stage(main)
