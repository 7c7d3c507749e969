"""Handwritten digits in the files of MNIST: scikit-learn's, torchvision's, or a folder's."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.sources import digits
from frugalgan.stage import run_stage


def main(
    out: Annotated[Path, typer.Argument(help="folder of raw digits to make; must not exist, or be empty")],
) -> None:
    """Fill OUT with {train,t10k}-images-idx3-ubyte and {train,t10k}-labels-idx1-ubyte, .gz or not.

    params.yaml says where from (digits.source: sklearn, torchvision, or a folder that has these files).
    """
    digits.fetch(out, source=params.load().digits.source)


if __name__ == "__main__":
    run_stage(main)
