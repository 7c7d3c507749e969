"""What models from random weights start from: nothing, in folders that DVC can depend on."""

from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.sections import RANDOM


def main() -> None:
    """Write models/random/weights/ and samples/random/, with a note in each."""
    folders = places.weights(RANDOM), places.samples(RANDOM)
    places.claim(*folders)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        # an empty folder would not survive DVC's checkout
        (folder / "note.txt").write_text("Nothing: these weights come from the seed.\n", encoding="utf-8")


if __name__ == "__main__":
    run_stage(main)
