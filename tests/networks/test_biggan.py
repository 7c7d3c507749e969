"""BigGAN's networks: the paper's sizes, what each part does, and what cannot be built."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from small import BIGGAN, LABELLED
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from frugalgan.data.facts import DataFacts
from frugalgan.networks import Network
from frugalgan.networks.attention import SelfAttention
from frugalgan.networks.biggan import BigGan
from frugalgan.networks.biggan.blocks import ConditionalNorm, Head, Up
from frugalgan.networks.layers import Layers
from frugalgan.networks.spectral import SpectralNorm, spectral, weight_of

PLAIN = Layers("orthogonal", normalised=False)
WITHOUT: dict[str, Any] = {"latent_size": 128, "shared": 0, "skip_z": False}


def images(size: int, classes: int) -> DataFacts:
    return DataFacts(size, 3, mirror=True, labels=tuple(str(label) for label in range(classes)))


def parameters(family: BigGan, data: DataFacts) -> tuple[int, int]:
    with torch.device("meta"):
        networks = family.generator(data), family.critic(data)
    G, D = (sum(parameter.numel() for parameter in network.parameters()) for network in networks)
    return G, D


@pytest.mark.parametrize(
    ("width", "parts", "millions"),
    [
        (64, WITHOUT, 81.47),
        (96, WITHOUT, 173.54),
        (96, {"latent_size": 120, "skip_z": False}, 160.57),
        (96, {"latent_size": 128, "skip_z": False}, 160.77),
        (96, {"latent_size": 120}, 158.42),
        (64, {"latent_size": 120}, 71.43),
    ],
)
def test_the_papers_sizes_are_built_without_memory(width: int, parts: dict[str, Any], millions: float) -> None:
    """Table 1 of the paper, 128 px, 1,000 classes; counts of the official layers."""
    found = parameters(BigGan(width=width, attention=64, **parts), images(128, 1000))
    assert sum(found) / 1e6 == pytest.approx(millions, abs=0.01)


@pytest.mark.parametrize(
    ("size", "width", "expected"),
    [
        *((32, 32, (1.23, 1.14)), (32, 64, (4.37, 4.54))),
        *((64, 16, (2.31, 1.23)), (64, 24, (4.88, 2.75)), (64, 32, (8.37, 4.89))),
        *((128, 16, (2.33, 2.41)), (128, 24, (4.90, 5.41)), (128, 32, (8.42, 9.61))),
    ],
)
def test_small_sizes_by_arithmetic(size: int, width: int, expected: tuple[float, float]) -> None:
    """Ten classes, shared embedding of 128, 20 numbers of z a block, one attention.

    The official code has four attentions in its critic of 32 px, whose table calls all four maps 16 px.
    """
    blocks = {32: 3, 64: 4, 128: 5}[size]
    family = BigGan(latent_size=20 * (blocks + 1), width=width, attention=size // 2)
    G, D = parameters(family, images(size, 10))
    if size == 32:
        D += 3 * (20 * (width * 4) ** 2 // 16 + 1)
    assert [pytest.approx(millions, abs=0.006) for millions in expected] == [G / 1e6, D / 1e6]


def both(**parts: Any) -> tuple[Network, Network]:
    torch.manual_seed(0)
    family = replace(BIGGAN, **parts)
    return family.generator(LABELLED), family.critic(LABELLED)


def test_attention_is_the_identity_at_first_and_then_by_hand() -> None:
    attention, x = SelfAttention(8, PLAIN), torch.randn(2, 8, 4, 4)
    assert torch.equal(attention(x), x)
    nn.init.constant_(attention.gamma, 0.5)
    query, key, value = (layer(x) for layer in (attention.query, attention.key, attention.value))
    seen = torch.zeros(2, 4, 4, 4)
    for n in range(2):
        keys = F.max_pool2d(key[n], 2).flatten(1)
        values = F.max_pool2d(value[n], 2).flatten(1)
        for row in range(4):
            for column in range(4):
                weights = torch.softmax(torch.stack([query[n, :, row, column] @ keys[:, k] for k in range(4)]), dim=0)
                seen[n, :, row, column] = values @ weights
    assert torch.allclose(attention(x), x + 0.5 * attention.out(seen), atol=1e-6)
    assert sum(p.numel() for p in attention.parameters()) == 1.25 * 8**2 + 1


def _weight(layer: nn.Module) -> torch.Tensor:
    assert isinstance(layer.weight, torch.Tensor)
    return layer.weight


def test_spectral_norms_are_one_and_pytorchs() -> None:
    for network in both():
        layers = [m for m in network.modules() if hasattr(m, "parametrizations")]
        assert len(layers) > 10
        for module in network.modules():
            if isinstance(module, SpectralNorm):
                module.iterate(50)
        for layer in layers:
            assert torch.linalg.matrix_norm(_weight(layer).flatten(1), ord=2).item() == pytest.approx(1, abs=1e-2)
    torch.manual_seed(1)
    ours = nn.Linear(7, 5)
    theirs = nn.Linear(7, 5)
    theirs.load_state_dict(ours.state_dict())
    spectral(ours)
    parametrizations.spectral_norm(theirs, n_power_iterations=50)
    for _ in range(3):
        theirs.train()(torch.randn(1, 7))
        ours.parametrizations.weight[0].iterate(50)  # pyright: ignore
    assert torch.allclose(ours.weight, theirs.weight, atol=1e-5)


def test_where_spectral_norm_is_follows_the_section() -> None:
    for parts, expected in (((), (0, 0)), (("critic",), (0, 1)), (("generator", "critic"), (1, 1))):
        found = tuple(
            int(any(isinstance(m, SpectralNorm) for m in network.modules())) for network in both(spectral=parts)
        )
        assert found == expected


def test_conditional_norm_with_equal_gain_and_bias_is_batch_norm() -> None:
    x, y, condition = torch.randn(6, 4, 3, 3), torch.arange(6) % 3, torch.randn(6, 5)
    norm = ConditionalNorm(4, 3, 5, PLAIN)
    assert norm.gain is not None and norm.bias is not None and norm.by_label is not None
    for layer in (norm.gain, norm.bias, norm.by_label):
        nn.init.zeros_(layer.weight)  # pyright: ignore[reportArgumentType]
    assert torch.allclose(norm(x, y, condition), nn.BatchNorm2d(4)(x), atol=1e-6)
    nn.init.constant_(norm.by_label.weight, 0.5)  # pyright: ignore[reportArgumentType]
    assert torch.allclose(norm(x, y, condition), 1.5 * nn.BatchNorm2d(4)(x) + 0.5, atol=1e-6)
    plain = ConditionalNorm(4, 0, 0, PLAIN)
    assert torch.allclose(plain(x, None, None), nn.BatchNorm2d(4)(x), atol=1e-6)


@pytest.mark.parametrize("parts", [{}, {"shared": 0}, {"skip_z": False}, {"shared": 0, "skip_z": False}])
def test_labels_reach_the_generator_through_its_conditional_norms_alone(parts: dict[str, Any]) -> None:
    G, _ = both(spectral=(), **parts)
    z = torch.randn(4, 60)
    with torch.no_grad():
        for module in G.modules():
            if isinstance(module, ConditionalNorm):
                for layer in (module.gain, module.bias, module.by_label):
                    if layer is not None:
                        weight_of(layer).zero_()
    assert torch.equal(G.eval()(z, torch.zeros(4, dtype=torch.int64)), G(z, torch.full((4,), 7)))


def test_skip_z_gives_every_block_a_part_of_its_own() -> None:
    G, _ = both()
    G.eval()
    z, y = torch.randn(3, 60), torch.arange(3)
    for part in range(4):
        changed = z.clone()
        changed[:, 15 * part : 15 * (part + 1)] += 1
        seen = {}
        for name, inputs in (("one", z), ("other", changed)):
            hooks = [block.register_forward_hook(lambda m, i, o, s=seen, n=name: s.setdefault(n, []).append(o))
                     for block in G.blocks if isinstance(block, Up)]  # fmt: skip
            G(inputs, y)
            for hook in hooks:
                hook.remove()
        alike = [torch.equal(a, b) for a, b in zip(seen["one"], seen["other"], strict=True)]
        assert alike == [i < part - 1 for i in range(3)]


def test_the_projection_alone_separates_labels() -> None:
    _, D = both()
    x, y = torch.randn(3, 3, 32, 32), torch.arange(3)
    h = x
    for block in D.blocks[:-1]:
        h = block(h)
    features = F.relu(h).sum(dim=(2, 3))
    head = D.blocks[-1]
    assert isinstance(head, Head) and head.embedding is not None
    embedding = head.embedding(torch.arange(10))
    difference = D(x, y) - D(x, y + 1)
    assert torch.allclose(difference, ((embedding[y] - embedding[y + 1]) * features).sum(dim=1), atol=1e-4)


@pytest.mark.parametrize(
    ("family", "size", "says"),
    [
        (replace(BIGGAN, attention=48), 32, r"attention: 48: there is no map of 48 px here, only of 8, 16, 32"),
        (replace(BIGGAN, attention=32), 32, r"there is no map of 32 px here, only of 16, 8"),
        (BIGGAN, 256, r"image_size 256: family biggan is for 32, 64, 128 px"),
        (replace(BIGGAN, latent_size=62), 32, r"latent_size 62: with skip_z it must be a multiple of 4"),
        (replace(BIGGAN, width=3), 32, r"attention on a map of 12 channels: must be a multiple of 8; change width"),
    ],
)
def test_what_cannot_be_built_is_refused(family: BigGan, size: int, says: str) -> None:
    data = replace(LABELLED, size=size)
    with pytest.raises(ValueError, match=says):
        family.generator(data)
        family.critic(data)


def test_a_shared_embedding_without_conditional_norms_is_refused() -> None:
    with pytest.raises(ValueError, match="without conditional_norm set shared: 0"):
        replace(BIGGAN, conditional_norm=False)
