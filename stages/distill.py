"""A student: a small generator that learns from the teacher and from the images."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.methods.kd import Distillation
from frugalgan.stage import run_stage
from frugalgan.training.run import run


def main(
    data: Annotated[Path, typer.Argument(help="folder of prepared images, with images.npy")],
    teacher: Annotated[Path, typer.Argument(help="folder of the trained teacher")],
    out: Annotated[Path, typer.Argument(help="folder of the model to write; its name is the model's")],
    cost: Annotated[Path, typer.Argument(help="JSON of memory (bytes), time (seconds) and parameters to write")],
    alpha: Annotated[
        float | None, typer.Option(help="weight of the adversarial loss, 0 to 1 [params: kd.alpha]")
    ] = None,
) -> None:
    """Train as section `kd` of params.yaml says: J = α · adversarial + (1 − α) · MSE to the teacher's image."""
    p = params.load()
    instead = None if alpha is None else {"alpha": alpha}
    method = params.section(Distillation, "kd", without=("sweep",), instead=instead)
    epochs, batch_size = p.scale.kd_epochs, p.scale.kd_batch_size
    run(method, p, data=data, out=out, cost=cost, epochs=epochs, batch_size=batch_size, source=teacher)


if __name__ == "__main__":
    run_stage(main)
