"""StyleGAN2's networks: the paper's sizes, modulation, noise, truncation, and ways to adapt a trained generator."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from small import DATA, LATENT, STYLES, accumulation_of
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from frugalgan.data.facts import DataFacts
from frugalgan.networks import Network
from frugalgan.networks.dcgan import Generator as Dcgan
from frugalgan.networks.offers import Styled
from frugalgan.networks.sampling import truncated_images
from frugalgan.networks.store import rebuild
from frugalgan.networks.stylegan2 import StyleGan2
from frugalgan.networks.stylegan2.critic import minibatch_std
from frugalgan.networks.stylegan2.generator import Generator
from frugalgan.networks.stylegan2.layers import EqualConv, doubled, smoothed
from frugalgan.networks.stylegan2.modulated import EPSILON, StyledConv, ToImage
from frugalgan.training.ema import working_generator

Z = torch.randn(4, LATENT, generator=torch.Generator().manual_seed(1))
# px, channel base, most, latent size, mapping layers → millions in G and D, numbers that each adaptation trains.
SIZES = {
    (32, 512, 64, 64, 2): (
        0.19,
        0.22,
        {
            "domain_vector": 336,
            "domain_vector_plus": 336 + 3 * (64 + 64 + 32 + 16 + 4),
            "style_space": 336,
            "affine": 33_280,
            "affine_plus": 36_448,
            "affine_light": 9248,
        },
    ),
    (32, 4096, 256, 128, 2): (3.76, 4.61, {"domain_vector": 1664, "affine": 330_240}),
    (64, 2048, 128, 128, 2): (1.09, 1.18, {"domain_vector": 928, "affine": 181_632}),
    (64, 4096, 128, 128, 2): (
        1.40,
        1.47,
        {"domain_vector": 1088, "domain_vector_plus": 2831, "affine_plus": 247_808, "affine_light": 50_432},
    ),
    (64, 4096, 256, 128, 2): (3.91, 4.73, {"domain_vector": 1856, "affine": 363_264}),
    (64, 8192, 256, 256, 2): (5.57, 5.85, {"domain_vector": 2176, "affine": 855_296}),
    (128, 8192, 256, 256, 2): (5.74, 5.97, {"domain_vector": 2368, "affine": 921_088}),
    (1024, 32768, 512, 512, 8): (
        30.37,
        29.01,
        {
            "domain_vector": 6048,
            "domain_vector_plus": 15_195,
            "style_space": 6048,
            "affine": 4_662_144,
            "affine_plus": 4_662_144 + 525_824,
            "affine_light": 112_000 + 525_824,
        },
    ),
}


def count(network: Network, *, trained: bool = False) -> int:
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad or not trained)


def generator(seed: int = 0, data: DataFacts = DATA, **changes: int) -> Generator:
    torch.manual_seed(seed)
    return replace(STYLES, **changes).generator(data).eval()


@pytest.mark.parametrize(("size", "expected"), SIZES.items(), ids=str)
def test_the_papers_sizes_are_built_without_memory(
    size: tuple[int, int, int, int, int], expected: tuple[float, float, dict[str, int]]
) -> None:
    """30.37 million, of which 6,048 numbers are a domain vector (arXiv:2210.08884, 2212.10229)."""
    px, base, most, latent, layers = size
    family = StyleGan2(latent_size=latent, channel_base=base, channel_max=most, mapping_layers=layers)
    data = DataFacts(px, 3, mirror=True)
    with torch.device("meta"):
        assert count(family.generator(data)) / 1e6 == pytest.approx(expected[0], abs=0.006)
        assert count(family.critic(data)) / 1e6 == pytest.approx(expected[1], abs=0.006)
        for kind, numbers in expected[2].items():
            G = family.generator(data)
            G.adapt(kind)
            assert count(G, trained=True) == numbers, kind


@pytest.mark.parametrize("enlarge", [False, True])
def test_scaled_activations_are_a_kernel_per_sample(enlarge: bool) -> None:
    conv = StyledConv(5, 7, 3, 6, enlarge=enlarge)
    x, w, bias = torch.randn(3, 5, 8, 8), torch.randn(3, 6), torch.randn(7)
    kernels = conv.kernel() * conv.style(w)[:, None, :, None, None]
    kernels = kernels / (kernels.square().sum(dim=(2, 3, 4), keepdim=True) + EPSILON).sqrt()

    def one(image: Tensor, kernel: Tensor) -> Tensor:
        if not enlarge:
            return F.conv2d(image[None], kernel, padding=1)
        return 4 * smoothed(F.conv_transpose2d(image[None], kernel.transpose(0, 1), stride=2), padding=1)

    slow = torch.cat([one(*pair) for pair in zip(x, kernels, strict=True)])
    found = conv(x, w, gain=2.0, bias=bias)
    torch.testing.assert_close(found, 2 * (slow + bias[:, None, None]), rtol=1e-5, atol=1e-5)
    assert found.shape[2] == (16 if enlarge else 8)


def test_a_layer_to_the_image_is_a_kernel_per_sample_too_and_not_demodulated() -> None:
    layer, x, w = ToImage(5, 3, 6), torch.randn(2, 5, 8, 8), torch.randn(2, 6)
    kernels = layer.kernel() * layer.style(w)[:, None, :, None, None]
    slow = torch.cat([F.conv2d(image[None], kernel) for image, kernel in zip(x, kernels, strict=True)])
    torch.testing.assert_close(layer(x, w), slow, rtol=1e-5, atol=1e-5)
    layer.factor = torch.nn.Parameter(torch.ones(5))
    torch.testing.assert_close(layer(x, w), 2 * slow, rtol=1e-5, atol=1e-5)


def test_changes_of_resolution_are_the_binomial_filter() -> None:
    """Doubling: bilinear interpolation, but at the border; halving: of a constant map the same constant."""
    x = torch.randn(2, 3, 8, 8)
    bilinear = F.interpolate(x, scale_factor=2, mode="bilinear")
    torch.testing.assert_close(doubled(x)[..., 1:-1, 1:-1], bilinear[..., 1:-1, 1:-1])
    ones = torch.ones(1, 4, 8, 8)
    torch.testing.assert_close(smoothed(ones, step=2, padding=1)[..., 1:-1, 1:-1], torch.ones(1, 4, 2, 2))
    for kernel in (1, 3):
        assert EqualConv(4, 6, kernel, halve=True)(ones).shape == (1, 6, 4, 4)


def test_layers_start_with_unit_variance_whatever_their_width() -> None:
    for channels in (8, 128):
        found = EqualConv(channels, 64, 3)(torch.randn(16, channels, 8, 8))[..., 1:-1, 1:-1]
        assert found.var().item() == pytest.approx(1, abs=0.2)


def test_noise_acts_as_far_as_its_strength_lets_it() -> None:
    G = generator()
    assert list(G.noise) == [4, 8, 8, 16, 16, 32, 32]
    noise = [torch.randn(4, 1, side, side) for side in G.noise]
    assert torch.equal(G(Z), G(Z, None, *noise))
    with torch.no_grad():
        for name, parameter in G.named_parameters():
            if name.endswith("strength"):
                parameter.fill_(0.5)
    assert not torch.equal(G(Z), G(Z, None, *noise))
    assert torch.equal(G(Z), G(Z))  # without noise, that of one fixed map


def test_truncation_moves_styles_towards_their_mean() -> None:
    G = working_generator(generator(), None, seed=3).require(Styled, "this test")
    styles, mean = G.styles(Z), G.get_buffer("mean_w")
    G.truncation = 0.5
    torch.testing.assert_close(G.styles(Z), (styles + mean) / 2)
    many = torch.randn(20_000, LATENT)
    G.truncation = 1.0
    torch.testing.assert_close(G.styles(many).mean(dim=0), mean, atol=0.05, rtol=0)
    whole, half = (truncated_images(G, n=16, seed=0, threshold=psi).float() for psi in (1.0, 0.25))
    assert half.var(dim=0).mean() < 0.5 * whole.var(dim=0).mean()


def test_the_spread_is_of_images_that_follow_each_other() -> None:
    x = torch.randn(8, 5, 4, 4)
    expected = [x[i : i + 4].std(dim=0, correction=0).mean() for i in (0, 4)]
    found = minibatch_std(x, 4)
    assert found.shape == (8, 1, 4, 4)
    torch.testing.assert_close(found[:, 0, 0, 0], torch.stack(expected).repeat_interleave(4))
    torch.testing.assert_close(minibatch_std(x[4:], 4), found[4:])  # a part of the batch that holds whole groups
    assert minibatch_std(x[:1], 4).abs().max() < 1e-3
    assert minibatch_std(x[:6], 4).shape == (6, 1, 4, 4)  # groups of two


def test_the_critic_compares_images_unless_told_not_to() -> None:
    x = torch.rand(4, 3, 32, 32)
    for group, mixes in ((4, True), (0, False)):
        D = replace(STYLES, group=group).critic(DATA)
        assert (D.group > 1) == mixes
        assert torch.allclose(D(x)[0], D(x[:1])[0], atol=1e-6) != mixes


@pytest.mark.parametrize(("batch", "asked", "pieces"), [(4, 4, 1), (8, 4, 2), (16, 4, 4), (6, 2, 1), (6, 3, 3)])
def test_parts_of_a_critics_batch_hold_whole_groups(batch: int, asked: int, pieces: int) -> None:
    assert accumulation_of(critic_parts=asked).pieces(batch, 4) == pieces
    assert accumulation_of(critic_parts=asked).pieces(batch, 1) == asked


def test_what_cannot_be_built_or_adapted_says_so() -> None:
    with pytest.raises(ValueError, match="image_size 48: must be a power of two"):
        STYLES.generator(replace(DATA, size=48))
    with pytest.raises(ValueError, match="channel_base 16: must be 32 or more"):
        replace(STYLES, channel_base=16).critic(DATA)
    with pytest.raises(ValueError, match="adaptation 'vector': must be one of domain_vector, "):
        generator().adapt("vector")
    with pytest.raises(ValueError, match="holds several domains, which are the labels of its data"):
        generator().adapt("hypernetwork")
    with pytest.raises(ValueError, match=r"dcgan\.Generator does not offer what adaptation 'affine' needs"):
        rebuild(Dcgan(image_size=32, latent_size=8, width=16, channels=3).description() | {"adaptation": "affine"})


@pytest.mark.parametrize("size", [8, 9])
@pytest.mark.parametrize("name", ["smoothed", "halved", "doubled"])
def test_filters_have_both_derivatives_and_none_takes_channel_after_channel(name: str, size: int) -> None:
    filters: dict[str, Callable[[Tensor], Tensor]] = {
        "smoothed": partial(smoothed, padding=2),
        "halved": partial(smoothed, step=2, padding=1),
        "doubled": doubled,
    }
    apply = filters[name]
    x = torch.randn(2, 3, size, size, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(apply, (x,)) and torch.autograd.gradgradcheck(apply, (x,))
    assert torch.equal(apply(x.detach()), apply(x).detach())

    class Counted(TorchDispatchMode):
        convolutions = 0

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            self.convolutions += "conv" in str(func)
            return func(*args, **(kwargs or {}))

    wide = torch.randn(2, 50, size, size, requires_grad=True)
    with Counted() as counted:
        (gradient,) = torch.autograd.grad(apply(wide).square().sum(), wide, create_graph=True)
        gradient.square().sum().backward()
    assert counted.convolutions < 10
