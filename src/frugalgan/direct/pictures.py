"""Whether pictures can be learnt from, before anything else is done."""

from pathlib import Path

from frugalgan.config import places
from frugalgan.data.facts import read_facts
from frugalgan.data.prepare import MOST_LABELS
from frugalgan.data.sources.folder import find_pictures
from frugalgan.direct.asked import Asked
from frugalgan.direct.folder import FolderError
from frugalgan.direct.values import PICTURES, ChoiceError
from frugalgan.export.layout import WORK

LEAST = 20  # pictures: of 16 for training, with those that are held out


def check_pictures(asked: Asked, out: Path) -> None:
    """Raise ChoiceError or FolderError where these pictures cannot be learnt from, before anything else is done."""
    folder = Path(asked.pictures)
    if out.resolve().is_relative_to(folder):
        raise FolderError(f"{out}: lies in the folder of pictures, so the next model would learn what this one draws")
    there = find_pictures(folder, subject="any")
    if len(there.pictures) < LEAST:
        others = f", {len(there.left_out)} that cannot be used" * bool(there.left_out)
        raise ChoiceError(f"{folder}: {len(there.pictures)} pictures{others}, and at least {LEAST} are needed")
    labels = sorted({found.picture.label for found in there.pictures.values()})
    if asked.labels and asked.source is not None:
        learnt = read_facts(asked.source / WORK / places.prepared(PICTURES)).labels
        if len(labels) != len(learnt) or "" in labels:
            raise ChoiceError(
                f"{folder}: {asked.source} learnt {len(learnt)} labels ({', '.join(learnt)}): put the pictures into as "
                "many subfolders"
            )
    elif asked.labels:
        without = [place for place, found in there.pictures.items() if not found.picture.label]
        if without:
            raise ChoiceError(
                f"--labels: {folder}: {len(without)} of {len(there.pictures)} pictures have no label, the name of a "
                f"subfolder that not all share (the first: {without[0]}): put each label's pictures into a subfolder, "
                "or leave --labels out"
            )
        if len(labels) > MOST_LABELS:
            raise ChoiceError(
                f"--labels: {folder}: {len(labels)} subfolders, and {MOST_LABELS} labels at most can be learnt: leave "
                "--labels out"
            )
