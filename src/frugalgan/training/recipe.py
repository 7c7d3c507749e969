"""What is trained, and how: the parts that a row of models.yaml names, put together."""

from dataclasses import asdict, dataclass, field
from typing import Any

from frugalgan.config.sections import Start
from frugalgan.data.facts import DataFacts
from frugalgan.methods.base import Method
from frugalgan.networks import Family
from frugalgan.networks.parts import Networks
from frugalgan.networks.recomputation import check_recomputable
from frugalgan.training.settings import Training


@dataclass(frozen=True)
class PoolRecipe:
    """In place of a trained model: so many of its images, made beforehand."""

    images: int
    latent_size: int


@dataclass(frozen=True)
class Recipe:
    """All that decides a training's networks and steps: what memory and time depend on, beside the batch size."""

    method: Method
    family: Family
    data: DataFacts
    start: Start = field(default_factory=Start)
    source: "Recipe | PoolRecipe | None" = None  # what it starts or learns from

    def settings(self) -> dict[str, Any]:
        """The method and the family of networks, by name, and their numbers."""
        return {
            "method": {"name": type(self.method).__name__} | asdict(self.method),
            "networks": {"family": type(self.family).__name__} | asdict(self.family),
        }

    def networks(self) -> Networks:
        """Fresh networks, untrained, as if they started from nothing."""
        return self.method.build(self.family, self.data)


@dataclass(frozen=True)
class Job:
    """One model's training: a recipe, choices, a budget, and the seeds that it is trained from."""

    name: str
    recipe: Recipe
    training: Training
    kimg: float
    batch_size: int
    moment_samples: int  # images drawn at each of some ten moments of training
    seeds: tuple[int, ...]
    pictures: int = 0  # of the data set's that it learns from; 0: all
    names: dict[str, str] = field(default_factory=dict, compare=False)  # the row, for the record

    def batches(self) -> dict[str, int]:
        """Of how many images a batch is and, of a few-shot training, how many pictures there are."""
        return {"batch_size": self.batch_size} | ({"pictures": self.pictures} if self.pictures else {})

    @property
    def steps(self) -> int:
        """Steps that make the budget, rounded; at least one of a budget that is not 0."""
        images = self.batch_size * self.recipe.method.batches_per_step
        return max(1, round(1000 * self.kimg / images)) if self.kimg else 0


def check_networks(recipe: Recipe, networks: Networks, *, recompute: bool) -> None:
    """Raise ValueError where networks do not offer what the method or section `training` asks of them."""
    recipe.method.check(networks)
    for network in networks.parts.values() if recompute else ():
        check_recomputable(network)
