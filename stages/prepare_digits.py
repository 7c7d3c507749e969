"""Raw digits → images and labels as arrays, held-out ones apart."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.digits import prepare_digits
from frugalgan.stage import run_stage


def main(
    raw: Annotated[Path, typer.Argument(help="folder with the four files of MNIST in it")],
    out: Annotated[
        Path, typer.Argument(help="folder to write: images.npy, labels.npy, heldout.npy, heldout_labels.npy")
    ],
) -> None:
    """Pad and resize all digits as section `digits` of params.yaml says."""
    p = params.load()
    report = prepare_digits(
        raw,
        out,
        image_size=p.digits.image_size,
        minimum=max(p.digits.batch_size, p.digits.reference),
    )
    print(report)


if __name__ == "__main__":
    run_stage(main)
