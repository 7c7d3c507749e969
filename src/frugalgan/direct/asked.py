"""What people ask `train`, `distill` and `adapt` for."""

from dataclasses import dataclass
from pathlib import Path

from frugalgan.direct.values import SMALLER, Choice
from frugalgan.direct.ways import ALONE, WAYS, Way


@dataclass(frozen=True)
class Asked:
    """What a model shall be; all else is chosen."""

    pictures: str  # the folder
    seed: int
    labels: bool
    how: str = ALONE  # of WAYS
    smaller: int = SMALLER  # times as narrow a student's generator is
    features: bool = False  # a student is compared by its critic, too
    recipe: str | None = None  # of RECIPES; None: the best at the size
    size: int | None = None  # px; None: the largest that fits
    source: Path | None = None  # the folder of the model that it is made from
    model: Choice | None = None  # what was chosen there

    @property
    def way(self) -> Way:
        return WAYS[self.how]


def asked_of(source: Path, model: Choice, how: str) -> Asked:
    """To make another model from the one in the folder `source`, which is that `model`."""
    return Asked(
        model.pictures,
        model.seed,
        model.labels,
        how,
        recipe=model.recipe,
        size=model.size,
        source=source,
        model=model,
    )
