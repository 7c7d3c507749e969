"""Model 2 (transfer learning): new images, a trained model's weights, some layers frozen."""

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
    source: Annotated[Path, typer.Argument(help="folder of the trained model to start from")],
    out: Annotated[Path, typer.Argument(help="folder of the model to write; its name is the model's")],
    cost: Annotated[Path, typer.Argument(help="JSON of memory (bytes), time (seconds) and parameters to write")],
    fresh: Fresh = False,
) -> None:
    """Train as sections `wgan_gp` and `transfer` of params.yaml say, for the epochs of model 2."""
    p = params.load()
    run(planned(p, out.name), p, data=data, out=out, cost=cost, snapshots=root(), fresh=fresh, source=source)


if __name__ == "__main__":
    run_stage(main)
