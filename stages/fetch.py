"""Raw photos in the upstream layouts: drawn ones, the two Kaggle data sets, or a folder's."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.sources import drawn, folder, kaggle
from frugalgan.stage import run_stage


def main(
    out: Annotated[Path, typer.Argument(help="folder of raw photos to make; must not exist, or be empty")],
) -> None:
    """Fill OUT with cat-dataset/CAT_*/ (photos and key points in pixels) and animal-faces/afhq/ (face crops).

    params.yaml says where from (data.source: drawn, kaggle, or a folder that has these layouts) and, for drawn
    pictures, how many (drawn_scenes, drawn_cats, drawn_dogs of the scale; a val split of one tenth comes on top).
    """
    p = params.load()
    if p.data.source == "drawn":
        counts = p.scale
        drawn.fetch(out, seed=p.data.seed, scenes=counts.drawn_scenes, cats=counts.drawn_cats, dogs=counts.drawn_dogs)
    elif p.data.source == "kaggle":
        kaggle.fetch(out)
    else:
        folder.fetch(out, source=Path(p.data.source))


if __name__ == "__main__":
    run_stage(main)
