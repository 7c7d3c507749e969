"""Ordinary training: model 1 (teacher), model 2 (full), or the untrained generator they start from."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.methods.configured import configured
from frugalgan.stage import run_stage
from frugalgan.training.run import run


def main(
    data: Annotated[Path, typer.Argument(help="folder of prepared images, with images.npy")],
    out: Annotated[Path, typer.Argument(help="folder of the model to write; its name is the model's")],
    cost: Annotated[Path, typer.Argument(help="JSON of memory (bytes), time (seconds) and parameters to write")],
    epochs_from: Annotated[str, typer.Option(help="key of the chosen scale that holds the epochs; none: 0")],
) -> None:
    """Train a WGAN-GP from fresh weights, as section `wgan_gp` of params.yaml says."""
    p = params.load()
    method = configured()["wgan_gp"]
    epochs = 0.0 if epochs_from == "none" else getattr(p.scale, epochs_from)
    run(method, p, data=data, out=out, cost=cost, epochs=epochs, batch_size=p.scale.batch_size)


if __name__ == "__main__":
    run_stage(main)
