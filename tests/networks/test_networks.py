"""The thesis's networks, layer by layer and number by number."""

import itertools

import pytest
import torch
from torch import nn

from frugalgan.networks import Network, rebuild
from frugalgan.networks.dcgan import Critic, Generator, Student

PAPER = {
    "generator": (Generator, {"image_size": 128, "latent_size": 100, "width": 2048}, 47_859_331),
    "critic": (Critic, {"image_size": 128, "width": 64}, 11_166_529),
    "student": (Student, {"image_size": 128, "latent_size": 100, "width": 512}, 9_869_123),
}


def on_meta(network: type[Network], arguments: dict[str, int]) -> Network:
    with torch.device("meta"):
        return network(**arguments)


@pytest.mark.parametrize(("network", "arguments", "parameters"), PAPER.values(), ids=PAPER)
def test_paper_scale_has_the_thesis_parameter_count(network, arguments, parameters) -> None:
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


@pytest.mark.parametrize("image_size", [32, 64, 128])
def test_shapes_and_range_at_every_size(image_size: int) -> None:
    z = torch.randn(2, 10)
    for network in (Generator, Student):
        image = network(image_size=image_size, latent_size=10, width=32)(z)
        assert image.shape == (2, 3, image_size, image_size)
        assert image.abs().max() <= 1
    assert Critic(image_size=image_size, width=4)(image).shape == (2,)


def test_critic_does_not_mix_samples() -> None:
    D = Critic(image_size=32, width=4)
    x = torch.randn(3, 3, 32, 32)
    assert torch.allclose(D(x)[0], D(x[:1])[0], atol=1e-6)


def test_student_has_one_layer_fewer() -> None:
    big, small = Generator(image_size=64, latent_size=4, width=64), Student(image_size=64, latent_size=4, width=64)
    assert len(small.layers) == len(big.layers) - 1


@pytest.mark.parametrize("network", [Generator, Student])
def test_rebuild_gives_the_same_architecture(network: type[Network]) -> None:
    original = network(image_size=32, latent_size=4, width=16)
    rebuilt = rebuild(original.description())
    assert type(rebuilt) is network
    rebuilt.load_state_dict(original.state_dict(), strict=True)


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
