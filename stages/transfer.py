"""Model 2 (transfer learning): new images, a trained model's weights, some layers frozen."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.models import load_model
from frugalgan.pipeline import planned
from frugalgan.stage import run_stage
from frugalgan.training.run import run


def main(
    data: Annotated[Path, typer.Argument(help="folder of prepared images, with images.npy")],
    source: Annotated[Path, typer.Argument(help="folder of the trained model to start from")],
    out: Annotated[Path, typer.Argument(help="folder of the model to write; its name is the model's")],
    cost: Annotated[Path, typer.Argument(help="JSON of memory (bytes), time (seconds) and parameters to write")],
) -> None:
    """Train as sections `wgan_gp` and `transfer` of params.yaml say, for the epochs of model 2."""
    p = params.load()
    run(planned(p, out.name), p, data=data, out=out, cost=cost, source=load_model(source))


if __name__ == "__main__":
    run_stage(main)
