"""Raw photos in the upstream layouts: drawn ones, the two Kaggle data sets, or a folder's."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.sources import drawn, folder, kaggle


def main(
    out: Annotated[Path, typer.Argument(help="folder of raw photos to make; must not exist, or be empty")],
) -> None:
    """Fill OUT with cat-dataset/CAT_*/ (photos and key points in pixels) and animal-faces/afhq/ (face crops).

    params.yaml says where from (data.source: drawn, kaggle, or a folder that has these layouts) and, for drawn
    pictures, how many (drawn_scenes, drawn_cats, drawn_dogs of the scale; a val split of one tenth comes on top).
    """
    # As an ordinary exit, so that workers are stopped and the unfinished folder is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        p = params.load()
        if p.data.source == "drawn":
            scale = p.scale
            drawn.fetch(out, seed=p.seed, scenes=scale.drawn_scenes, cats=scale.drawn_cats, dogs=scale.drawn_dogs)
        elif p.data.source == "kaggle":
            kaggle.fetch(out)
        else:
            folder.fetch(out, source=Path(p.data.source))
    except (ValueError, OSError) as error:
        sys.exit(f"fetch: {error}")


if __name__ == "__main__":
    typer.run(main)
