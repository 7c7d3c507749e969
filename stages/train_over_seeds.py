"""One model of the study on digits, trained once from each seed."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.decoders import seeds_of
from frugalgan.pipeline import planned
from frugalgan.stage import Fresh, run_stage
from frugalgan.training.run import run
from frugalgan.training.snapshot import root


def main(
    data: Annotated[Path, typer.Argument(help="folder of prepared digits, with images.npy and labels.npy")],
    out: Annotated[Path, typer.Argument(help="folder to write; its name is the model's, it gets a folder per seed")],
    source: Annotated[
        Path | None, typer.Option("--from", help="such a folder of the model to start from, seed by seed")
    ] = None,
    fresh: Fresh = False,
) -> None:
    """Train the model of that name from each of `digits.seeds`: into OUT/<seed>, its cost into OUT/<seed>.json."""
    p = params.load()
    for seed in seeds_of(out.name, p.digits):
        run(
            planned(p, out.name),
            replace(p, seed=seed),
            data=data,
            out=out / str(seed),
            cost=out / f"{seed}.json",
            snapshots=root(),
            fresh=fresh,
            source=source / str(seed) if source else None,
            name=f"{out.name}_{seed}",
        )


if __name__ == "__main__":
    run_stage(main)
