"""Losses on critic outputs, images and codes: pure functions, float32 in, scalar out."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

IMQ_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
SHORTEST = 1e-3  # a change of an embedding of length 1 that is as good as none


@dataclass(frozen=True)
class Adversarial:
    """The critic's and the generator's loss on the critic's outputs (N, …), each a mean over all of them."""

    critic: Callable[[Tensor, Tensor], Tensor]  # of real images, of generated ones
    generator: Callable[[Tensor, Tensor], Tensor]  # of generated images; of as many real ones, where it `pairs` them
    pairs: bool = False


ADVERSARIAL = {  # name → losses; `loss` of a recipe is one of these names
    # Arjovsky et al. 2017 (arXiv:1701.07875)
    "wasserstein": Adversarial(lambda real, fake: fake.mean() - real.mean(), lambda fake, _: -fake.mean()),
    # BCE(D(x), 1) + BCE(D(G(z)), 0), and BCE(D(G(z)), 1), the sigmoid inside: Goodfellow et al. 2014 (arXiv:1406.2661)
    "non_saturating": Adversarial(
        lambda real, fake: F.softplus(-real).mean() + F.softplus(fake).mean(), lambda fake, _: F.softplus(-fake).mean()
    ),
    # Lim & Ye 2017 (arXiv:1705.02894)
    "hinge": Adversarial(
        lambda real, fake: F.relu(1 - real).mean() + F.relu(1 + fake).mean(), lambda fake, _: -fake.mean()
    ),
    # pairs of a real and a generated image: Jolicoeur-Martineau 2018 (arXiv:1807.00734), as in R3GAN (Huang et al.
    # 2024, arXiv:2501.05441)
    "relativistic": Adversarial(
        lambda real, fake: F.softplus(fake - real).mean(), lambda fake, real: F.softplus(real - fake).mean(), pairs=True
    ),
}


def mean_squared_error(a: Tensor, b: Tensor) -> Tensor:
    """The mean of (a − b)² of images of equal shape. The result of PyTorch's own mean keeps the memory of all squares
    for as long as it lives."""
    return F.mse_loss(a, b, reduction="none").mean()


def zero_centred_penalty(D: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """½ E[‖∇_x D(x)‖²] at images (N, C, H, W): R1 at real ones, R2 at generated ones (Mescheder et al. 2018,
    arXiv:1801.04406). Where D mixes samples, a sample's gradient is that of the sum over all."""
    x = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(_of_each(D(x)).sum(), x, create_graph=True)
    return 0.5 * gradient.flatten(1).square().sum(dim=1).mean()


def kl_to_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """E[KL(N(μ, s²) ‖ N(0, I))] = E[½ Σ (μ² + s² − ln s² − 1)] of (N, d): Kingma & Welling 2013, appendix B."""
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(dim=1).mean()


def mmd_imq(codes: Tensor, prior: Tensor, labels: Tensor | None = None) -> Tensor:
    """Unbiased MMD² of (N, d) and (N, d), N ≥ 2: Tolstikhin et al. 2018 (arXiv:1711.01558), algorithm 2.

    Kernel Σ_s s·C / (s·C + ‖a − b‖²), C = 2d, s in IMQ_SCALES: inverse multiquadrics, with the authors' scales.
    With `labels` (N,), which row i of both sets has, pairs of unlike labels do not count. May be below 0. Raises
    ValueError for N = 1.
    """
    n, size = codes.shape
    if n < 2:
        raise ValueError("MMD compares images of a batch: lower training.accumulate and devices, or raise batch_size")
    others = 1 - torch.eye(n, dtype=codes.dtype, device=codes.device)

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        squares = (a[:, None] - b[None]).square().sum(dim=2)
        return sum((s * 2 * size / (s * 2 * size + squares) for s in IMQ_SCALES), torch.zeros_like(squares))

    within, between = kernel(codes, codes) + kernel(prior, prior), kernel(codes, prior)
    if labels is None:
        return (others * within).sum() / (n * (n - 1)) - 2 * between.mean()
    # pairs (i, i), always of like labels, would count too much between the sets, too
    alike = others * (labels[:, None] == labels[None])
    return (alike * (within - 2 * between)).sum() / alike.sum().clamp(min=1)


def gradient_penalty(D: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, epsilon: Tensor) -> Tensor:
    """E[(‖∇_y D(y)‖₂ − 1)²] at y = εx + (1 − ε)G(z): Gulrajani et al. 2017 (arXiv:1704.00028), equation 3.

    real, fake (N, C, H, W), epsilon (N, 1, 1, 1) in [0, 1] → scalar ≥ 0. The norm is over the whole image of a
    sample. D must not mix samples (no batch statistics).
    """
    y = torch.lerp(fake, real, epsilon).requires_grad_()
    (gradient,) = torch.autograd.grad(_of_each(D(y)).sum(), y, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def direction_loss(change: Tensor, direction: Tensor) -> Tensor:
    """E[1 − cos(change, direction)] of (N, d): 0 where they agree, 2 where they are opposite (Gal et al. 2021).

    A change that is far shorter than SHORTEST counts as 0, with the gradient of one of that length: adapted generators
    begin there.
    """
    return 1 - _cosines(change, direction).mean()


def _cosines(change: Tensor, direction: Tensor) -> Tensor:
    lengths = (change.square().sum(dim=1) + SHORTEST**2).sqrt() * direction.norm(dim=1).clamp(min=SHORTEST)
    return (change * direction).sum(dim=1) / lengths


def angle_consistency(ours: Tensor, source: Tensor) -> Tensor:
    """E[(⟨e_i, e_j⟩ − ⟨s_i, s_j⟩)²] over pairs i < j of (N, d), all of length 1; 0 of a single image.

    Alanov et al. 2022 (arXiv:2210.08884): what differs in the source is to differ as much in the new domain.
    """
    pairs = torch.triu_indices(len(ours), len(ours), offset=1, device=ours.device)
    if not pairs.shape[1]:
        return ours.new_zeros(())
    return ((ours @ ours.T) - (source @ source.T))[pairs[0], pairs[1]].square().mean()


def between_domains(ours: Tensor, real: Tensor, labels: Tensor) -> Tensor:
    """E[1 − cos(e_i − e_j, x_i − x_j)] over pairs i < j of unlike `labels` (N,), of embeddings (N, d) of generated and
    of real images; 0 where all labels are alike. The target-target direction of Alanov et al. 2022."""
    i, j = torch.triu_indices(len(ours), len(ours), offset=1, device=ours.device)
    unlike = (labels[i] != labels[j]).to(ours.dtype)  # no selection: its size would depend on values, unknown in a plan
    losses = 1 - _cosines(ours[i] - ours[j], real[i] - real[j])
    return (losses * unlike).sum() / unlike.sum().clamp(min=1)


def _of_each(scores: Tensor) -> Tensor:
    """(N, …) → (N,): the mean of what a critic says of an image."""
    return scores if scores.ndim == 1 else scores.flatten(1).mean(dim=1)
