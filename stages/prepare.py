"""Raw photos of one animal → face crops as one array, held-out ones apart."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.preparation import prepare
from frugalgan.raw_photos import Animal
from frugalgan.stage import run_stage


class ImageSet(StrEnum):
    """The thesis's two data sets."""

    cats = "cats"
    dogs = "dogs"


def main(
    images: Annotated[ImageSet, typer.Argument(help="which set to prepare")],
    raw: Annotated[Path, typer.Argument(help="folder with cat-dataset/ or animal-faces/ in it")],
    out: Annotated[Path, typer.Argument(help="folder to write: images.npy, heldout.npy, manifest.csv, rejected.csv")],
) -> None:
    """Crop and resize all photos of a set as sections `prepare` and the chosen scale of params.yaml say."""
    p = params.load()
    animal: Animal = "cat" if images is ImageSet.cats else "dog"
    report = prepare(
        raw,
        out,
        animal=animal,
        image_size=p.scale.image_size,
        crop=p.prepare.crop,
        max_rejected=p.prepare.max_rejected,
        minimum=max(p.scale.batch_size, p.scale.samples),
    )
    print(f"{images}: {report}")


if __name__ == "__main__":
    run_stage(main)
