"""What seen.py says by names is what the networks of every recipe of tests/small.py do."""

import pytest
from small import RECIPES, trained

from frugalgan.evaluation.seen import SEE_BY, SEE_THROUGH, WITHOUT_CRITIC
from frugalgan.methods.base import Method
from frugalgan.networks import Family
from frugalgan.networks.backbones import Backbone
from frugalgan.networks.pair import Pair
from frugalgan.networks.parts import CRITIC
from frugalgan.training.recipe import Recipe


def name_of(one: Method | Family) -> str:
    """In models.yaml or params.yaml: that of its file or folder."""
    return type(one).__module__.rpartition(".")[2]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_who_looks_through_a_frozen_network_is_named(recipe: Recipe) -> None:
    networks, method, family = trained(recipe), name_of(recipe.method), recipe.family
    critic = networks.parts.get(CRITIC)
    looks = critic is not None and any(isinstance(module, Backbone) for module in critic.modules())
    critics = family.critic_from["family"] if isinstance(family, Pair) else name_of(family)
    assert (critic is None) == (method in (*WITHOUT_CRITIC, *SEE_BY))
    assert looks == (critic is not None and critics in SEE_THROUGH)
    assert (networks.embedder is not None) == (method in SEE_BY)
