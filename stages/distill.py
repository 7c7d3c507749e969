"""A student: a small generator that learns from the teacher and from the images."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.models import load_model
from frugalgan.pipeline import planned
from frugalgan.pool import load_pool
from frugalgan.stage import run_stage
from frugalgan.training.run import run


def main(
    data: Annotated[Path, typer.Argument(help="folder of prepared images, with images.npy")],
    teacher: Annotated[Path, typer.Argument(help="folder of the trained teacher")],
    pool: Annotated[Path, typer.Argument(help="folder of the teacher's images, read where kd.pool is not 0")],
    out: Annotated[Path, typer.Argument(help="folder of the model to write; its name is the model's")],
    cost: Annotated[Path, typer.Argument(help="JSON of memory (bytes), time (seconds) and parameters to write")],
) -> None:
    """Train as section `kd` of params.yaml says: J = α · adversarial + (1 − α) · MSE to the teacher's image.

    The model's name gives α: `student` has kd.alpha, `student_0.3` 0.3.
    """
    p = params.load()
    source = load_pool(pool) if params.pool() else load_model(teacher)
    run(planned(p, out.name), p, data=data, out=out, cost=cost, source=source)


if __name__ == "__main__":
    run_stage(main)
