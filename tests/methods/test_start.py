"""How a model starts: with weights of another one, with layers that never train."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from small import (
    CONDITIONAL,
    KIMG,
    LATENT,
    RECIPES,
    SMALL,
    STUDENT,
    VAE,
    WGAN_GP,
    accumulation_of,
    batch_of,
    conditions_of,
    pooled,
    recipe,
    source_of,
    start_of,
    state_of,
    trained,
)

from frugalgan.config.sections import Start
from frugalgan.methods.start import Source, StartError, freeze
from frugalgan.networks import Network
from frugalgan.networks.parts import Networks
from frugalgan.training.recipe import Recipe
from frugalgan.training.state import State, begin

TRANSFER, FROM_DECODER = RECIPES["transfer"], RECIPES["dcgan from a decoder"]


def begun(row: Recipe, source: Source | None) -> State:
    return begin(row, source, conditions_of(), kimg=KIMG, seed=3)


def assert_same(one: Network, other: Network) -> None:
    ours, theirs = one.state_dict(), other.state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def frozen(network: Network) -> list[bool]:
    return [not any(p.requires_grad for p in layer.parameters()) for layer in network.blocks]


def test_transfer_starts_from_the_sources_weights() -> None:
    source = source_of(TRANSFER)
    assert isinstance(source, Networks)
    networks = begun(TRANSFER, source).networks
    for part, network in networks.parts.items():
        assert_same(network, source.parts[part])


def test_the_generator_starts_as_the_decoder_and_the_critic_as_the_controls() -> None:
    decoder = trained(recipe(VAE))
    networks = begun(FROM_DECODER, decoder).networks
    assert_same(networks.G, decoder.G)
    assert list(networks.parts) == ["generator", "critic"]
    assert_same(networks.D, state_of(RECIPES["dcgan"]).networks.D)


@pytest.mark.parametrize(
    ("started", "control"), [("dcgan from a decoder", "dcgan"), ("wgan_gp from a decoder", "wgan_gp")]
)
def test_with_the_same_weights_it_is_the_control(started: str, control: str) -> None:
    """Loss, data and z are the same, so only the weights it starts from can make a difference."""
    ours, theirs = state_of(RECIPES[started]), state_of(RECIPES[control])
    theirs.networks.G.load_state_dict(ours.networks.G.state_dict())
    for state, name in ((ours, started), (theirs, control)):
        batches = iter([batch_of(4, key=(5, seen)) for seen in range(0, 40, 4)])
        for _ in range(2):
            RECIPES[name].method.step(state.networks, state.optimizers, partial(next, batches), accumulation_of())
    assert_same(ours.networks.G, theirs.networks.G)


@pytest.mark.parametrize("row", [TRANSFER, FROM_DECODER, RECIPES["kd"]], ids=["transfer", "decoder", "kd"])
def test_a_start_from_a_model_needs_one(row: Recipe) -> None:
    with pytest.raises(StartError, match=r"needs a trained model, or a pool of its images: name one in `from`"):
        begun(row, None)


def test_weights_do_not_come_from_a_pool() -> None:
    with pytest.raises(StartError, match="needs a trained model's weights, not a pool of its images"):
        begun(TRANSFER, pooled(trained(recipe(WGAN_GP)).G, 6))


@pytest.mark.parametrize(
    ("family", "said"),
    [
        (replace(SMALL, generator_width=32), "generator .*: width 32 where 16 is needed: let both rows name the same"),
        (replace(SMALL, critic_width=8), "critic .*: width 8 where 4 is needed: let both rows name the same networks"),
        (replace(SMALL, latent_size=2), f"latent_size 2 where {LATENT} is needed"),
        (CONDITIONAL, "classes 10 where 0 is needed"),
        (STUDENT, r"a dcgan_student\.Student cannot start a dcgan\.Generator"),
    ],
    ids=["generator_width", "critic_width", "latent_size", "classes", "kind"],
)
def test_a_source_of_other_sizes_is_refused_with_both_sizes_and_the_cure(family, said: str) -> None:
    with pytest.raises(StartError, match=said):
        begun(TRANSFER, trained(recipe(WGAN_GP, family)))


def test_a_part_that_one_of_both_does_not_have_is_named() -> None:
    with pytest.raises(StartError, match=r"starts from has no critic, .*: it has generator, encoder"):
        begun(TRANSFER, trained(recipe(VAE)))
    vae = recipe(VAE, SMALL, Start(weights=("critic",)), recipe(WGAN_GP))
    with pytest.raises(StartError, match=r"the model has no critic, .*: it has generator, encoder"):
        begun(vae, source_of(vae))


# --- layers that never train -----------------------------------------------------------------------------------------


def test_transfer_freezes_exactly_the_layers_named() -> None:
    networks = state_of(TRANSFER).networks
    assert frozen(networks.G) == frozen(networks.D) == [True, True, False, False]
    assert networks.D.frozen_blocks == 2


@pytest.mark.parametrize(("layers", "expected"), [(-1, 3), (-2, 2), (3, 3), (0, 0)])
def test_critic_layers_are_counted_from_the_image_or_from_the_end(layers: int, expected: int) -> None:
    networks = state_of(start_of(TRANSFER, critic_layers=layers)).networks
    assert frozen(networks.D) == [True] * expected + [False] * (4 - expected)
    assert networks.D.frozen_blocks == expected


@pytest.mark.parametrize(
    ("key", "layers"),
    [("critic_layers", 4), ("critic_layers", -4), ("critic_layers", -5), ("generator_layers", 4), ("layers", 4)],
)
def test_one_layer_must_train(key: str, layers: int) -> None:
    row = start_of(TRANSFER, **{key: layers, "wait": 0.5})
    said = rf"^{key}: {layers} is not allowed: the network has 4 layers, of which one must train"
    with pytest.raises(StartError, match=said):
        freeze(row.start, row.networks())


def test_an_autoencoder_has_no_critic_to_freeze_or_to_wait_for() -> None:
    networks = recipe(VAE).networks()
    with pytest.raises(StartError, match="critic_layers: 2 is not allowed: the model has no critic"):
        freeze(Start(critic_layers=2), networks)
    with pytest.raises(StartError, match=r"wait: 0\.5 is not allowed: the model has no critic"):
        freeze(Start(wait=0.5), networks)
    freeze(Start(generator_layers=1), networks)
    assert frozen(networks.G) == [True, False, False, False]
