"""One model's training, by its name: ordinary, an autoencoder, or from another model's weights."""

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
    source: Annotated[Path | None, typer.Option("--from", help="folder of the trained model to start from")] = None,
    fresh: Fresh = False,
) -> None:
    """Train the model of that name as params.yaml says; `frugalgan plan` lists the names and what each will need."""
    p = params.load()
    run(planned(p, out.name), p, data=data, out=out, cost=cost, snapshots=root(), fresh=fresh, source=source)


if __name__ == "__main__":
    run_stage(main)
