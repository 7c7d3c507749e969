"""The generator of one family with the critic of another."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from config_files import changed, raw_models, raw_params
from small import DATA, LABELLED, LATENT, PAIR, RECIPES

from frugalgan.check import check_names
from frugalgan.code import text_of
from frugalgan.config.sections import ParamsError
from frugalgan.config.study import Study, study
from frugalgan.networks import fastgan
from frugalgan.networks.pair import Pair
from frugalgan.networks.store import rebuild
from frugalgan.networks.stylegan2 import critic
from frugalgan.training.job import family_of, jobs

GENERATOR: dict[str, Any] = {"family": "fastgan", "generator_width": 32, "critic_width": 8}
CRITIC: dict[str, Any] = {"family": "stylegan2", "channel_base": 512, "channel_max": 32}
WIDTHS = {"generator_width": 32, "critic_width": 8}
SECTION: dict[str, Any] = {"family": "pair", "latent_size": 8, "generator_from": GENERATOR, "critic_from": CRITIC}


def made(section: dict[str, Any], **changes: Any) -> Study:
    faces = {"networks.faces": section} if section else {}
    return study(changed(raw_params(), faces | changes), raw_models())


def test_each_part_is_of_its_family() -> None:
    family = family_of(made(SECTION), "faces")
    assert isinstance(family, Pair)
    G, D = family.generator(DATA), family.critic(DATA)
    assert isinstance(G, fastgan.Generator) and isinstance(D, critic.Critic)
    assert D(G(torch.randn(4, 8))).shape == (4,) and D.group == 4
    assert type(rebuild(D.description())) is critic.Critic  # a file of weights needs no pair


def test_both_are_conditional_or_neither() -> None:
    parts = RECIPES["hinge, pair"].family, replace(PAIR, conditional=True)
    for family, classes in zip(parts, (0, 10), strict=True):
        assert family.generator(LABELLED).classes == family.critic(LABELLED).classes == classes


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"critic_from": CRITIC | {"channel_bse": 1}},
            r"critic_from\.channel_bse is not a known key; did you mean cha",
        ),
        (
            {"critic_from": {"family": "stylegan2"}},
            r"critic_from\.channel_base is missing\nparams\.yaml: networks\.faces: critic_from\.channel_max is missing",
        ),
        (
            {"generator_from": GENERATOR | {"latent_size": 4}},
            r"generator_from\.latent_size: leave it out: .* the pair's",
        ),
        ({"generator_from": {"generator_width": 32}}, r"generator_from\.family must name a family that"),
        ({"critic_from": SECTION | {"latent_size": 8}}, r"critic_from\.latent_size: leave it out"),
        ({"critic_from": {"family": "pair"}}, r"critic_from\.family must name a family that is no pair"),
        ({"generator_from": {}, "critic_from": {}}, r"generator_from\.family must .*\n.*critic_from\.family must name"),
        ({"critic_from": {"family": "alexnet"}}, r"critic_from\.family: 'alexnet' must be a file of .*/networks/"),
        ({"critic_from": 3}, r"critic_from: 3 is not allowed: should be a valid dictionary"),
        ({"latent_size": 0}, r"latent_size: 0 is not allowed"),
    ],
)
def test_a_section_that_cannot_be_used_names_the_key(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ParamsError, match=rf"^params\.yaml: networks\.faces.*{says}"):
        family_of(made(SECTION | changes), "faces")


def test_the_code_of_both_families_is_what_it_depends_on() -> None:
    families = made(SECTION).families("faces")
    assert families == ["pair", "fastgan", "stylegan2"]
    text = text_of(f"networks.{family}" for family in families)
    assert {"frugalgan.networks.fastgan", "frugalgan.networks.stylegan2.critic"} < {
        line.split()[0] for line in text.splitlines()
    }
    assert family_of(made(SECTION), "faces").modules == tuple(f"frugalgan.networks.{family}" for family in families)


def test_a_critic_that_looks_through_a_network_is_not_judged_by_it() -> None:
    section = SECTION | {"critic_from": {"family": "projected", "generator_width": 32, "critic_width": 4}}
    with pytest.raises(ParamsError, match=r"learns from what efficientnet_lite0 sees, so another network must judge"):
        check_names(made(section))
    check_names(made(SECTION | {"generator_from": GENERATOR | {"family": "projected"}}))  # which is FastGAN's


def test_one_hypernetwork_for_all_domains_needs_a_critic_that_can_be_told_them() -> None:
    style: dict[str, Any] = {"family": "stylegan2", "channel_base": 512, "channel_max": 64}
    section = {"family": "pair", "latent_size": 64, "generator_from": style, "critic_from": style}
    study = made({}, **{"networks.style": section})
    jobs(study)
    study = made({}, **{"networks.style": section | {"critic_from": {"family": "dcgan", **WIDTHS}}})
    with pytest.raises(ParamsError, match=r"styles_hypernetwork: .* the critic is not conditional on domains"):
        jobs(study)


def test_memory_layout_is_the_critics_and_precision_what_is_faster_for_both() -> None:
    style: dict[str, Any] = {"channel_base": 512, "channel_max": 32, "family": "stylegan2"}
    assert PAIR.faster_channels_last and not PAIR.faster_bf16
    assert not Pair(LATENT, style, GENERATOR).faster_channels_last
