"""Losses on critic outputs and images: pure functions, float32 in, scalar out."""

from collections.abc import Callable

import torch
from torch import Tensor


def gradient_penalty(D: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, epsilon: Tensor) -> Tensor:
    """E[(‖∇_y D(y)‖₂ − 1)²] at y = εx + (1 − ε)G(z): Gulrajani et al. 2017 (arXiv:1704.00028), equation 3.

    real, fake (N, C, H, W), epsilon (N, 1, 1, 1) in [0, 1] → scalar ≥ 0. The norm is over the whole image of a
    sample. D must not mix samples (no batch statistics).
    """
    y = torch.lerp(fake, real, epsilon).requires_grad_()
    (gradient,) = torch.autograd.grad(D(y).sum(), y, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()
