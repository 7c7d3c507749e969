"""A student: a small generator that learns from the teacher and from the images."""

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
    teacher: Annotated[Path, typer.Argument(help="folder of the trained teacher")],
    pool: Annotated[Path, typer.Argument(help="folder of the teacher's images, read where kd.pool is not 0")],
    out: Annotated[Path, typer.Argument(help="folder of the model to write; its name is the model's")],
    cost: Annotated[Path, typer.Argument(help="JSON of memory (bytes), time (seconds) and parameters to write")],
    fresh: Fresh = False,
) -> None:
    """Train as section `kd` of params.yaml says: J = α · adversarial + (1 − α) · MSE to the teacher's image.

    The model's name gives α: `student` has kd.alpha, `student_0.3` 0.3.
    """
    p = params.load()
    source = pool if params.pool() else teacher
    run(planned(p, out.name), p, data=data, out=out, cost=cost, snapshots=root(), fresh=fresh, source=source)


if __name__ == "__main__":
    run_stage(main)
