"""Where raw photos come from: `drawn`, `kaggle`, or a `folder`; each leaves the same upstream layouts.

cat-dataset/CAT_xx/NAME.jpg + NAME.jpg.cat        full photos of cats with nine key points
animal-faces/afhq/{train,val}/{cat,dog}/NAME.jpg  face crops
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from frugalgan.files import replaced

CAT_DATASET = Path("cat-dataset")
AFHQ = Path("animal-faces", "afhq")


@contextmanager
def new_raw_folder(raw: Path) -> Iterator[Path]:
    """A temporary folder that becomes `raw` when the block ends well.

    Raises FileExistsError if `raw` holds something already: it might be somebody's only copy.
    """
    if raw.exists() and not (raw.is_dir() and not any(raw.iterdir())):
        raise FileExistsError(f"{raw}: exists and is not an empty folder; remove it, or name another one")
    with replaced(raw) as temporary:
        temporary.mkdir()
        yield temporary
