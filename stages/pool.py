"""The teacher's images, made once for all students, if section `kd` asks for them."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.pool import write_pool
from frugalgan.stage import run_stage


def main(
    teacher: Annotated[Path, typer.Argument(help="folder of the trained teacher")],
    out: Annotated[Path, typer.Argument(help="folder to write: z.npy, images.npy, pool.json")],
) -> None:
    """Write kd.pool pairs of z and the teacher's image; none where kd.pool is 0."""
    p = params.load()
    write_pool(teacher, out, n=params.pool(), seed=p.seed, batch_size=p.evaluate.batch_size)


if __name__ == "__main__":
    run_stage(main)
