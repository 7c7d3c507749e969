"""Losses on codes and critic outputs: pure functions, known answers."""

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn import functional as F

from frugalgan.methods.losses import (
    IMQ_SCALES,
    angle_consistency,
    between_domains,
    direction_loss,
    gradient_penalty,
    kl_to_normal,
    mmd_imq,
)


@pytest.mark.parametrize("norm", [0.0, 1.0, 3.0])
def test_gradient_penalty_of_a_linear_critic_is_known(norm: float) -> None:
    """D(x) = ⟨w, x⟩ has gradient w everywhere, so the penalty is (‖w‖ − 1)² over the whole image."""
    w = torch.randn(3, 8, 8)
    w = norm * w / w.norm()
    real, fake, epsilon = torch.randn(5, 3, 8, 8), torch.randn(5, 3, 8, 8), torch.rand(5, 1, 1, 1)
    penalty = gradient_penalty(lambda x: (x * w).flatten(1).sum(1), real, fake, epsilon)
    assert penalty.item() == pytest.approx((norm - 1) ** 2, abs=1e-5)


def test_gradient_penalty_is_taken_between_fake_and_real() -> None:
    """D(x) = ‖x‖²/2 has gradient x: the penalty tells at which point it was taken."""
    real, fake = torch.full((1, 1, 2, 2), 2.0), torch.full((1, 1, 2, 2), 4.0)
    for epsilon, norm in ((0.0, 8.0), (1.0, 4.0), (0.5, 6.0)):
        penalty = gradient_penalty(lambda x: x.square().flatten(1).sum(1) / 2, real, fake, torch.tensor(epsilon))
        assert penalty.item() == pytest.approx((norm - 1) ** 2)


def test_kl_equals_the_librarys() -> None:
    mean, log_variance = torch.randn(5, 3), torch.randn(5, 3)
    ours = Independent(Normal(mean, (log_variance / 2).exp()), 1)
    expected = kl_divergence(ours, Independent(Normal(torch.zeros(5, 3), torch.ones(5, 3)), 1)).mean()
    assert kl_to_normal(mean, log_variance).item() == pytest.approx(expected.item(), rel=1e-5)
    assert kl_to_normal(torch.zeros(4, 2), torch.zeros(4, 2)).item() == 0


def slow_mmd(codes: Tensor, prior: Tensor, labels: list[int] | None = None) -> float:
    """Algorithm 2 of Tolstikhin et al. 2018, pair by pair."""

    def kernel(a: Tensor, b: Tensor) -> float:
        squares, base = (a - b).square().sum().item(), 2 * codes.shape[1]
        return sum(s * base / (s * base + squares) for s in IMQ_SCALES)

    n, pairs = len(codes), 0
    total = across = 0.0
    for i in range(n):
        for j in range(n):
            if labels is not None and labels[i] != labels[j]:
                continue
            if i != j:
                total += kernel(codes[i], codes[j]) + kernel(prior[i], prior[j])
                pairs += 1
            if i != j or labels is None:
                across += kernel(codes[i], prior[j])
    return total / pairs - 2 * across / (n * n if labels is None else pairs)


def test_mmd_equals_the_algorithm_pair_by_pair() -> None:
    codes, prior = torch.randn(7, 3) * 2 + 1, torch.randn(7, 3)
    labels = [0, 1, 0, 2, 1, 0, 0]
    assert mmd_imq(codes, prior).item() == pytest.approx(slow_mmd(codes, prior), abs=1e-5)
    conditional = mmd_imq(codes, prior, torch.tensor(labels)).item()
    assert conditional == pytest.approx(slow_mmd(codes, prior, labels), abs=1e-5)


def test_mmd_needs_a_pair_and_says_what_to_change() -> None:
    assert mmd_imq(torch.randn(3, 2), torch.randn(3, 2), torch.arange(3)).item() == 0  # no two labels are alike
    with pytest.raises(ValueError, match=r"lower training\.accumulate and devices, or raise batch_size"):
        mmd_imq(torch.randn(1, 2), torch.randn(1, 2))


def test_mmd_is_about_0_for_normal_codes_and_grows_with_their_distance() -> None:
    rng = torch.Generator().manual_seed(0)
    normal = [torch.randn(400, 4, generator=rng) for _ in range(2)]
    assert abs(mmd_imq(*normal).item()) < 0.02
    values = [mmd_imq(normal[0] + shift, normal[1]).item() for shift in (0.5, 1.0, 2.0)]
    assert 0.02 < values[0] < values[1] < values[2]


def test_only_the_conditional_mmd_sees_codes_that_tell_the_label() -> None:
    """Codes that are normal together, but each label's have a half-space to themselves."""
    rng = torch.Generator().manual_seed(0)
    codes, prior = (torch.randn(600, 2, generator=rng) for _ in range(2))
    labels = (codes[:, 0] > 0).long()
    assert abs(mmd_imq(codes, prior).item()) < 0.02
    assert mmd_imq(codes, prior, labels).item() > 0.2
    assert abs(mmd_imq(codes, prior, torch.arange(600) % 2).item()) < 0.03


def test_directions_that_agree_cost_nothing_and_opposite_ones_two() -> None:
    direction = torch.randn(5, 16)
    for factor, expected in ((0.5, 0.0), (7.0, 0.0), (-2.0, 2.0)):
        assert direction_loss(factor * direction, direction).item() == pytest.approx(expected, abs=1e-4)
    a, b = torch.eye(4)[:2], torch.eye(4)[2:]
    assert direction_loss(a, b).item() == 1
    nothing = torch.zeros(5, 16, requires_grad=True)
    loss = direction_loss(nothing, direction)
    loss.backward()
    assert loss.item() == 1 and nothing.grad is not None
    assert torch.all((nothing.grad * direction).sum(dim=1) < 0)  # towards them


def test_angles_are_kept_by_rotations_and_lost_by_collapse() -> None:
    source = F.normalize(torch.randn(6, 8), dim=1)
    rotation = torch.linalg.qr(torch.randn(8, 8))[0]
    assert angle_consistency(source @ rotation, source).item() == pytest.approx(0, abs=1e-10)
    collapsed = source[:1].expand(6, -1)
    i, j = torch.triu_indices(6, 6, offset=1)
    expected = (1 - (source @ source.T)[i, j]).square().mean().item()
    assert angle_consistency(collapsed, source).item() == pytest.approx(expected, rel=1e-5)
    assert angle_consistency(source[:1], source[:1]) == 0


def test_directions_between_domains_count_pairs_of_unlike_labels_alone() -> None:
    real, labels = torch.randn(6, 8), torch.tensor([0, 0, 1, 1, 2, 2])
    assert between_domains(3 * real + torch.ones(8), real, labels).item() == pytest.approx(0, abs=1e-5)
    assert between_domains(-real, real, labels).item() == pytest.approx(2, abs=1e-5)
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6) if labels[i] != labels[j]]
    ours = torch.randn(6, 8)
    slow = [1 - F.cosine_similarity(ours[i] - ours[j], real[i] - real[j], dim=0) for i, j in pairs]
    assert between_domains(ours, real, labels).item() == pytest.approx(torch.stack(slow).mean().item(), abs=1e-5)
    assert between_domains(ours, real, torch.zeros(6)) == 0
