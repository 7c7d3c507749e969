"""Ways to adapt a trained StyleGAN2: what each trains, what it changes, and hypernetworks of many domains."""

import pytest
import torch
from small import LABELLED, STYLES
from test_stylegan2 import Z, count, generator
from torch import Tensor

from frugalgan.config.sections import Start
from frugalgan.data.facts import DataFacts
from frugalgan.networks.store import rebuild
from frugalgan.networks.stylegan2 import StyleGan2
from frugalgan.networks.stylegan2.adaptations import KINDS
from frugalgan.networks.stylegan2.blocks import Block, Layer
from frugalgan.networks.stylegan2.generator import Generator
from frugalgan.networks.stylegan2.modulated import StyledConv

LABELS = torch.arange(len(Z))


def adapted_by(kind: str) -> Generator:
    torch.manual_seed(1)
    adapted = generator(data=LABELLED)  # labels are a hypernetwork's domains, and nothing to the others
    adapted.adapt(kind)
    return adapted


@pytest.mark.parametrize("kind", KINDS)
class TestAdaptations:
    def test_before_training_it_is_the_source_to_the_bit(self, kind: str) -> None:
        assert torch.equal(generator()(Z), adapted_by(kind)(Z, LABELS))

    def test_all_but_its_own_numbers_is_frozen_and_these_matter(self, kind: str) -> None:
        G, adapted = generator(), adapted_by(kind)
        trained = {name for name, parameter in adapted.named_parameters() if parameter.requires_grad}
        own = {name for name in trained if name not in dict(G.named_parameters())}
        styles = {name for name, _ in G.named_parameters() if ".affine." in name}
        biases = {name for name, _ in G.named_parameters() if name.startswith("middle.") and name.count(".") == 2}
        shared = {"affine": styles, "affine_plus": styles, "domain_vector_plus": biases - {"middle.0.constant"}}
        assert trained == own | shared.get(kind, set())
        adapted(Z, LABELS).square().sum().backward()
        for name, parameter in adapted.named_parameters():
            assert (parameter.grad is not None) == (name in trained)
            # of what stands before matrices that are 0 at first, the gradient is 0
            if name in trained and not name.endswith("down") and not name.startswith("hypernetwork"):
                assert parameter.grad is not None and parameter.grad.abs().max() > 0, name

    def test_a_description_rebuilds_it(self, kind: str) -> None:
        adapted = adapted_by(kind)
        rebuilt = rebuild(adapted.description())
        assert rebuilt.adaptation == kind
        rebuilt.load_state_dict(adapted.state_dict(), strict=True)


def test_a_domain_vector_scales_inputs_behind_the_demodulation() -> None:
    """The factor stands outside the norm that the kernel is divided by: doubling it doubles the map."""
    conv, x, w = StyledConv(5, 7, 3, 6), torch.randn(3, 5, 8, 8), torch.randn(3, 6)

    def drawn(n: int = 3) -> Tensor:
        return conv(x[:n], w[:n], gain=1.0, bias=torch.zeros(7))

    before = drawn()
    conv.factor = torch.nn.Parameter(torch.ones(5))
    torch.testing.assert_close(drawn(), 2 * before)
    conv.factor = None
    conv.shift = torch.nn.Parameter(conv.style(w)[0].detach())
    torch.testing.assert_close(drawn(1), before[:1])  # twice the style: demodulated away


@pytest.mark.parametrize(
    ("kinds"), [("hypernetwork", "domain_vector"), ("hypernetwork_plus", "domain_vector_plus")], ids="-".join
)
def test_a_hypernetworks_domain_is_that_domains_vector(kinds: tuple[str, str]) -> None:
    """Whatever the heads are: a sample of label k is drawn with the numbers that the heads make for k."""
    hyper, vector = adapted_by(kinds[0]), generator()
    vector.adapt(kinds[1])
    blocks = [[m for m in G.modules() if isinstance(m, Layer | Block)] for G in (hyper, vector)]
    assert isinstance(hyper.hypernetwork, torch.nn.Module)
    domain = hyper.hypernetwork(LABELS[2:3])
    with torch.no_grad():
        for ours, theirs in zip(*blocks, strict=True):
            conv, its = (ours.conv, theirs.conv) if isinstance(ours, Layer) else (ours.to_image, theirs.to_image)
            if conv.head is None:
                continue
            assert isinstance(conv.head, torch.nn.Linear)
            conv.head.weight.normal_(std=0.1)
            said = conv.head(domain)[0]
            if isinstance(ours, Layer):
                its.factor.copy_(said)
            else:
                own = said.reshape(3, -1)
                its.offset.copy_(own[:, :-1, None, None])
                theirs.bias.add_(own[:, -1])
    torch.testing.assert_close(hyper(Z, LABELS)[2], vector(Z)[2], rtol=1e-4, atol=1e-4)
    assert not torch.allclose(hyper(Z[2:3], LABELS[1:2]), vector(Z[2:3]))


@pytest.mark.parametrize(("kind", "share"), [("hypernetwork", 0.1), ("hypernetwork_plus", 0.16)])
def test_a_hypernetwork_is_smaller_than_the_generator(kind: str, share: float) -> None:
    """For 24 domains at 64 px: fewer numbers than G's, and a further domain is 64 more."""
    sizes = StyleGan2(latent_size=128, channel_base=2048, channel_max=128, mapping_layers=2)
    counts = []
    for domains in (24, 25):
        G = sizes.generator(DataFacts(64, 3, mirror=True, labels=tuple(map(str, range(domains)))))
        whole = count(G)
        G.adapt(kind)
        counts.append(count(G, trained=True))
        assert counts[-1] < share * whole
    assert counts[1] - counts[0] == 64


def test_a_critic_is_told_the_domains_and_scores_as_before() -> None:
    torch.manual_seed(0)
    D, x = STYLES.critic(LABELLED), torch.rand(4, 3, 32, 32)
    before = D(x)
    D.adapt("domain_vector")
    assert D.adaptation is None
    D.adapt("hypernetwork_plus")
    assert D.classes == 10 and torch.equal(D(x, LABELS), before)
    D(x, LABELS).sum().backward()
    gradient = D.get_parameter("head.domain.weight").grad
    assert gradient is not None
    assert gradient[:4].abs().min(dim=1).values.max() > 0 and gradient[4:].abs().max() == 0


def test_the_settings_name_the_adaptations_that_there_are() -> None:
    for kind in KINDS:
        assert Start(weights=("generator",), adaptation=kind).adaptation == kind  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="adaptation affine freezes all of the generator"):
        Start(weights=("generator",), adaptation="affine", generator_layers=1)
