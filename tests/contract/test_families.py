"""What every family of networks keeps to, and that no method or family is left out of the battery."""

import copy
import importlib
from contextlib import suppress
from dataclasses import replace

import pytest
import torch
import yaml
from pipeline import PROJECT
from small import CPU, DATA, FAMILIES, LABELLED, RECIPES, RESIDUAL, accumulation_of, batch_of, conditions_of

from frugalgan.config.lookup import defined_in
from frugalgan.config.study import METHODS
from frugalgan.data.facts import DataFacts
from frugalgan.methods.base import Method
from frugalgan.networks import Family, Network, NoSuchNetwork
from frugalgan.networks.dcgan import Dcgan
from frugalgan.networks.dcgan_student import DcganStudent
from frugalgan.networks.offers import Cut
from frugalgan.networks.parts import trainable
from frugalgan.networks.projected import Projected
from frugalgan.networks.store import rebuild
from frugalgan.networks.stylegan2 import StyleGan2
from frugalgan.training.prediction import fresh_state, noise
from frugalgan.training.recipe import Recipe

OUTPUTS = 5  # of an encoder
every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


def images_for(family: Family, **changes: int) -> DataFacts:
    return replace(LABELLED if family.conditional else DATA, **changes)


def parts_of(family: Family, data: DataFacts) -> dict[str, Network]:
    """Those that the family has."""
    makers = {
        "generator": lambda: family.generator(data),
        "critic": lambda: family.critic(data),
        "encoder": lambda: family.encoder(data, OUTPUTS),
    }
    parts: dict[str, Network] = {}
    for name, make in makers.items():
        with suppress(NoSuchNetwork):
            parts[name] = make()
    return parts


@every_family
@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_and_range_at_every_size(family: Family, size: int, channels: int) -> None:
    data, labels = images_for(family, size=size, channels=channels), torch.tensor([3, 4])
    parts = parts_of(family, data)
    images = parts.pop("generator")(torch.randn(2, family.latent_size), labels)
    assert images.shape == (2, channels, size, size)
    assert images.abs().max() <= 1 or isinstance(family, StyleGan2)  # which adds images up
    shapes = {"critic": (2, 4) if isinstance(family, Projected) else (2,), "encoder": (2, OUTPUTS)}
    for name, network in parts.items():
        assert network(images, labels).shape == shapes[name]


@every_family
def test_critic_and_encoder_do_not_mix_samples(family: Family) -> None:
    """A gradient penalty needs it, and so do parts of a batch."""
    parts, x, y = parts_of(family, images_for(family)), torch.randn(3, 3, 32, 32).double(), torch.arange(3)
    for name in parts.keys() - {"generator"}:
        network = parts[name].double()  # in float32 rounding differs with the batch, too
        assert torch.allclose(network(x, y)[0], network(x[:1], y[:1])[0], rtol=0, atol=1e-12)


@every_family
def test_a_description_rebuilds_the_same_architecture(family: Family) -> None:
    for network in parts_of(family, images_for(family)).values():
        rebuilt = rebuild(network.description())
        assert type(rebuilt) is type(network)
        rebuilt.load_state_dict(network.state_dict(), strict=True)


@every_family
@pytest.mark.parametrize("channels", [1, 3])
def test_networks_know_the_sizes_of_what_they_take_and_give(family: Family, channels: int) -> None:
    data = images_for(family, channels=channels)
    for name, network in parts_of(family, data).items():
        assert (network.image_size, network.channels) == (data.size, channels)
        assert network.classes == (data.classes if family.conditional else 0)
        if name == "generator":
            assert network.latent_size == family.latent_size


@every_family
def test_every_weight_is_in_one_block(family: Family) -> None:
    """So frozen, waiting and training blocks together are the network."""
    for network in parts_of(family, images_for(family)).values():
        in_blocks = [id(parameter) for block in network.blocks for parameter in block.parameters()]
        assert sorted(in_blocks) == sorted(map(id, network.parameters()))


@every_family
def test_recomputation_keeps_less_and_gives_the_same(family: Family) -> None:
    """To the bit: outputs, gradients, and running statistics, which are counted once."""
    y = torch.arange(2)
    for name, network in parts_of(family, images_for(family)).items():
        x = torch.randn(2, family.latent_size) if name == "generator" else torch.randn(2, 3, 32, 32)
        twin, found = copy.deepcopy(network), []
        twin.recompute = True
        for one in (network, twin):
            kept: list[int] = []
            with torch.autograd.graph.saved_tensors_hooks(lambda t, kept=kept: kept.append(t.nbytes) or t, lambda t: t):
                output = one(x, y)
            output.square().sum().backward()
            found.append((output, [p.grad for p in one.parameters()], list(one.buffers()), sum(kept)))
        (output, gradients, buffers, kept), (same, same_gradients, same_buffers, less) = found
        assert torch.equal(output, same) and less < kept, name
        assert all(map(torch.equal, gradients, same_gradients)) and all(map(torch.equal, buffers, same_buffers)), name


@every_family
def test_a_cut_network_is_the_network(family: Family) -> None:
    """Where it can be cut; where not, it says so by name."""
    y = torch.arange(2)
    for name, network in parts_of(family, images_for(family)).items():
        if not isinstance(network, Cut):
            with pytest.raises(ValueError, match=r"\w+\.\w+ does not offer what wgan_gp\.x needs: a cut"):
                network.require(Cut, "wgan_gp.x")
            continue
        x = torch.randn(2, family.latent_size) if name == "generator" else torch.randn(2, 3, 32, 32)
        for blocks in range(1, len(network.blocks)):
            assert torch.equal(network.rest(blocks, network.first(blocks, x, y), y), network(x, y))


@every_family
def test_labels_change_what_conditional_networks_say_and_nothing_else(family: Family) -> None:
    torch.manual_seed(0)  # of so narrow networks some weights let nothing through
    y, other, data = torch.arange(4), torch.arange(4) + 1, images_for(family)
    inputs = {"generator": torch.randn(4, family.latent_size)}
    for name, network in parts_of(family, data).items():
        network.eval()
        x = inputs.get(name, torch.randn(4, 3, 32, 32))
        assert torch.equal(network(x, y), network(x, other)) == (not family.conditional)
        if family.conditional:
            with pytest.raises(ValueError, match="was built with 10 classes: it needs labels"):
                network(x)


@every_family
def test_conditional_networks_of_images_without_labels_are_refused(family: Family) -> None:
    conditional = replace(family, conditional=True)
    with pytest.raises(ValueError, match="need labelled images: set `labels: true` of the data set"):
        conditional.generator(DATA)


@pytest.mark.parametrize("name", ["wgan_gp, conditional", "vae, conditional", "dcgan", "kd"])
def test_a_step_on_grey_images(name: str) -> None:
    row = RECIPES[name]
    source = replace(row.source, data=replace(DATA, channels=1)) if isinstance(row.source, Recipe) else row.source
    grey = replace(row, data=replace(row.data, channels=1), source=source)
    state, batch = fresh_state(grey, conditions_of()), noise(grey.data, 4, CPU)
    grey.method.step(state.networks, state.optimizers, lambda: batch, accumulation_of())
    images = state.networks.G(torch.randn(4, grey.family.latent_size), batch.labels)
    assert images.shape == batch.real.shape == (4, 1, 32, 32)


def test_every_method_and_family_has_a_row() -> None:
    """A file of methods/ counts when it defines a method, one of networks/ when it defines a family."""
    raw = yaml.safe_load((PROJECT / "params.yaml").read_text())
    in_force = {defined_in("methods", key, Method, "") for key in raw if (METHODS / f"{key}.py").is_file()}
    made_of = {"base", "gan", "autoencoder"}  # what methods are made of
    names = {f"frugalgan.methods.{file.stem}" for file in METHODS.glob("[a-z]*.py") if file.stem not in made_of}
    methods = {
        value
        for name in names
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, type) and issubclass(value, Method) and value.__module__ == name
    }
    assert in_force < methods == {type(row.method) for row in RECIPES.values()}
    files = [file.stem for file in (METHODS.parent / "networks").glob("[a-z]*")]  # or folders
    modules = [importlib.import_module(f"frugalgan.networks.{name}") for name in files]
    families = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Family) and value.__module__ == module.__name__
    }
    assert families == {type(row.family) for row in RECIPES.values()} - {type(RESIDUAL)}


BIG = Dcgan(latent_size=100, conditional=False, generator_width=2048, critic_width=64)
PAPER: dict[type[Family], Family] = {
    Dcgan: BIG,
    DcganStudent: DcganStudent(latent_size=100, conditional=False, generator_width=512, critic_width=64),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wgan_gp", "kd", "vae", "dcgan, conditional"])
def test_one_real_step_at_the_papers_widths(name: str) -> None:
    """Of every architecture; memory at these widths is tests/training/test_prediction.py's."""
    row = RECIPES[name]
    data, family = replace(row.data, size=128), replace(PAPER[type(row.family)], conditional=row.family.conditional)
    source = replace(row.source, data=data, family=BIG) if isinstance(row.source, Recipe) else None
    large = replace(row, data=data, family=family, source=source)
    state = fresh_state(large, conditions_of())
    first = next(iter(trainable(state.networks.G))).detach().clone()
    batch = batch_of(2, 128, (5, 2**30))
    losses = large.method.step(state.networks, state.optimizers, lambda: batch, accumulation_of())
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert not torch.equal(first, next(iter(trainable(state.networks.G))))
