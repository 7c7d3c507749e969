"""The thesis's networks, layer by layer and number by number."""

import itertools

import pytest
import torch
from small import CONDITIONAL, DATA, DCGAN, KD, LABELLED, SMALL, STUDENT, VAE
from torch import nn

from frugalgan.data.batches import stream_seed
from frugalgan.data.facts import DataFacts
from frugalgan.methods.base import Method
from frugalgan.networks import Family, Network, NoSuchNetwork
from frugalgan.networks.dcgan import Critic, Encoder, Generator
from frugalgan.networks.dcgan_student import Student
from frugalgan.networks.store import rebuild

PAPER = {
    "generator": (Generator, {"image_size": 128, "latent_size": 100, "width": 2048}, 47_859_331),
    "critic": (Critic, {"image_size": 128, "width": 64}, 11_166_529),
    "student": (Student, {"image_size": 128, "latent_size": 100, "width": 512}, 9_869_123),
}


def on_meta(network: type[Network], arguments: dict[str, int]) -> Network:
    with torch.device("meta"):
        return network(**arguments)


@pytest.mark.parametrize(("network", "arguments", "parameters"), PAPER.values(), ids=PAPER)
def test_paper_widths_have_the_thesis_parameter_count(network, arguments, parameters) -> None:
    assert sum(p.numel() for p in on_meta(network, arguments).parameters()) == parameters


@pytest.mark.parametrize(("part", "mib"), [("generator", 182.6), ("student", 37.7)])
def test_state_dict_has_the_thesis_size(part: str, mib: float) -> None:
    network, arguments, _ = PAPER[part]
    size = sum(t.nbytes for t in on_meta(network, arguments).state_dict().values()) / 2**20
    assert size == pytest.approx(mib, abs=0.1)


def layers_of(network: Network) -> list[str]:
    """Convolutions as in→out k s p, the rest by name, in order."""
    found = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            k, s, p = module.kernel_size[0], module.stride[0], module.padding[0]
            found.append(f"{module.in_channels}→{module.out_channels} k{k} s{s} p{p}")
        elif not list(module.children()):
            found.append(type(module).__name__)
    return found


def test_teacher_layers() -> None:
    convolutions = ["100→2048 k4 s1 p0", *(f"{2048 >> i}→{1024 >> i} k4 s2 p1" for i in range(4))]
    expected = [part for layer in convolutions for part in (layer, "BatchNorm2d", "ReLU")]
    assert layers_of(on_meta(Generator, PAPER["generator"][1])) == [*expected, "128→3 k4 s2 p1", "Tanh"]


def test_student_layers() -> None:
    convolutions = ["100→512 k4 s1 p0", "512→256 k8 s4 p2", "256→128 k4 s2 p1", "128→64 k4 s2 p1"]
    expected = [part for layer in convolutions for part in (layer, "BatchNorm2d", "ReLU")]
    assert layers_of(on_meta(Student, PAPER["student"][1])) == [*expected, "64→3 k4 s2 p1", "Tanh"]


def test_critic_layers() -> None:
    widths = [3, 64, 128, 256, 512, 1024]
    convolutions = [f"{a}→{b} k4 s2 p1" for a, b in itertools.pairwise(widths)]
    expected = [part for layer in convolutions for part in (layer, "InstanceNorm2d", "LeakyReLU")]
    assert layers_of(on_meta(Critic, PAPER["critic"][1])) == [*expected, "1024→1 k4 s1 p0"]
    norms = [m for m in on_meta(Critic, PAPER["critic"][1]).modules() if isinstance(m, nn.InstanceNorm2d)]
    assert all(norm.affine for norm in norms)


def test_an_encoder_is_as_deep_and_wide_as_the_critic() -> None:
    expected = [name.replace("InstanceNorm2d", "GroupNorm") for name in layers_of(Critic(image_size=64, width=4))]
    expected[-1] = expected[-1].replace("→1 ", "→7 ")
    assert layers_of(Encoder(image_size=64, width=4, outputs=7)) == expected


def test_student_has_one_layer_fewer() -> None:
    big, small = Generator(image_size=64, latent_size=4, width=64), Student(image_size=64, latent_size=4, width=64)
    assert len(small.layers) == len(big.layers) - 1


# Sum, first and last number of the parameters, which every trained model depends on: what is built, in which order.
INITIAL = {
    "generator": (DCGAN, SMALL, DATA, (23.45095777217648, -0.0493413507938385, 0.023353993892669678)),
    "critic": (DCGAN, SMALL, DATA, (25.481589715194787, -0.10842248797416687, -0.030971959233283997)),
    "encoder": (VAE, SMALL, DATA, (28.086351479601944, -0.10842248797416687, 0.03777676820755005)),
    "generator, conditional": (
        DCGAN, CONDITIONAL, LABELLED, (21.833970105812114, -0.0493413507938385, -0.11688150465488434)
    ),
    "critic, conditional": (
        DCGAN, CONDITIONAL, LABELLED, (27.968302799299636, 0.010216517373919487, 0.018825910985469818)
    ),
    "encoder, conditional": (
        VAE, CONDITIONAL, LABELLED, (30.759323021307864, 0.010216517373919487, 0.022727258503437042)
    ),
    "generator, student": (KD, STUDENT, DATA, (7.029325168821742, 0.08811399340629578, 0.1141129806637764)),
    "critic, student": (KD, STUDENT, DATA, (28.709169265908713, 0.12935303151607513, -0.05660431087017059)),
}  # fmt: skip


@pytest.mark.parametrize("name", INITIAL)
def test_a_seed_always_gives_the_same_initial_weights(name: str) -> None:
    method, family, data, expected = INITIAL[name]
    torch.manual_seed(stream_seed(0))
    parameters = list(built(method, family, data, name.split(",")[0]).parameters())
    total = sum(parameter.detach().double().sum().item() for parameter in parameters)
    first, last = parameters[0].flatten()[0].item(), parameters[-1].flatten()[0].item()
    assert (total, first, last) == pytest.approx(expected, rel=1e-6)


def built(method: Method, family: Family, data: DataFacts, part: str) -> Network:
    return method.build(family, data).parts[part]


@pytest.mark.parametrize("name", ["os.system", "dcgan.nothing", "dcgan.nn", "Generator", "..x", None])
def test_rebuild_refuses_what_is_no_network(name: str | None) -> None:
    with pytest.raises((ValueError, ModuleNotFoundError)):
        rebuild({"network": name, "arguments": {}})


def test_bad_sizes_are_refused_before_training() -> None:
    with pytest.raises(ValueError, match="power of two"):
        Generator(image_size=48, latent_size=4, width=16)
    with pytest.raises(ValueError, match="generator_width 24"):
        Generator(image_size=128, latent_size=4, width=24)
    with pytest.raises(ValueError, match="at least 32"):
        Student(image_size=16, latent_size=4, width=16)


def test_a_network_that_a_family_does_not_have_is_named() -> None:
    family = Family(latent_size=4, conditional=False)
    with pytest.raises(NoSuchNetwork, match="Family has no critic; choose another family"):
        family.critic(DATA)
    with pytest.raises(NoSuchNetwork, match="Family has no encoder; choose another family"):
        family.encoder(DATA, 4)
