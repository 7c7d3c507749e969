"""The ways of making a model: alone, or from another model."""

from dataclasses import dataclass, field
from typing import Any

ALONE, DISTILLED, TUNED, ADAPTED, VECTOR = "alone", "distilled", "tuned", "adapted", "vector"
ALL_WEIGHTS = {"weights": ["generator", "critic"]}  # a start with all of the source's


@dataclass(frozen=True)
class Way:
    """How a model is made, and what people are told about it."""

    start: dict[str, Any]  # a section of `starts`
    chosen: str  # its method, before it is made: of the recipe's {title}, and of what a critic has {seen}
    card: str  # … and on the card of the model
    cure: str  # options that may keep its training from diverging
    option: str = ""  # what asks `frugalgan adapt` for it; "": that command does not make it
    no_source: str = ""  # what it is, where no other model can be made from it
    switches: dict[str, Any] = field(default_factory=dict)  # beside the recipe's

    @property
    def has_source(self) -> bool:
        """Whether another model is needed."""
        return bool(self.start)

    @property
    def is_student(self) -> bool:
        """Whether it has networks of its own, which learn from its source."""
        return "teacher" in self.start

    @property
    def is_beside_source(self) -> bool:
        """Whether it is some numbers that are added to its source's weights."""
        return "adaptation" in self.start


ANOTHER_WAY = "another --seed, or another way (--frozen, --vector)"
WAYS: dict[str, Way] = {
    ALONE: Way({}, "{title}", "trained alone", "another --seed, --recipe or --size"),
    DISTILLED: Way(
        {"teacher": True},
        "a student by pixels{seen} and a critic",
        "a student of another model",
        "another --smaller",
        no_source="a student",
    ),
    TUNED: Way(
        ALL_WEIGHTS,
        "{title}, all layers go on training",
        "adapted from another model, all layers trained",
        ANOTHER_WAY,
        option="all layers",
    ),
    ADAPTED: Way(
        ALL_WEIGHTS | {"generator_layers": 2, "critic_layers": -2},
        "{title}, outer layers frozen",
        "adapted from another model, with frozen layers",
        ANOTHER_WAY,
        option="--frozen",
    ),
    VECTOR: Way(
        ALL_WEIGHTS | {"adaptation": "domain_vector_plus"},
        "{title}, a vector and the layers to the image train",
        "adapted from another model, whose weights lie in `source`, by a few numbers beside them",
        ANOTHER_WAY,
        option="--vector",
        no_source="a vector",
        switches={"learning_rate": 0.02},  # for few numbers [StyleDomain]
    ),
}
