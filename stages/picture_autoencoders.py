"""Pictures of the autoencoders of digits."""

from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from frugalgan import params
from frugalgan.decoders import AUTOENCODERS, MANIFOLDS, seeds_of
from frugalgan.files import replaced
from frugalgan.report.autoencoders import write_pictures
from frugalgan.stage import run_stage


def main(
    models: Annotated[Path, typer.Argument(help="folder with a folder per model, and in it one per seed")],
    data: Annotated[Path, typer.Argument(help="folder of prepared digits")],
    out: Annotated[Path, typer.Argument(help="folder to write, with a folder of PNGs per autoencoder in it")],
) -> None:
    """Picture each autoencoder's model of its first seed, with codes of `sample.seed` of params.yaml."""
    p = params.load()
    with replaced(out) as folder:
        folder.mkdir()
        for name in tqdm([*AUTOENCODERS, *MANIFOLDS], desc="pictures", unit="autoencoder"):
            first = seeds_of(name, p.digits)[0]
            write_pictures(models / name / str(first), data, folder / name, seed=p.sample.seed)


if __name__ == "__main__":
    run_stage(main)
