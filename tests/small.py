"""Small methods, networks and batches that several tests share."""

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor

from frugalgan.dataset import Batch
from frugalgan.images import to_uint8
from frugalgan.methods.base import Method, Networks, Shape, Source
from frugalgan.methods.kd import Distillation
from frugalgan.methods.transfer import Transfer
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.teachers import PooledTeacher
from frugalgan.training.descent import Descent
from frugalgan.training.state import Conditions, State, start

CPU = torch.device("cpu")
SMALL = Shape(image_size=32, latent_size=8, generator_width=16, student_width=8, critic_width=4)
WGAN = {"n_critic": 2, "learning_rate": 1e-3, "beta1": 0.0, "beta2": 0.9, "epoch_critic_updates": 10}
KD = WGAN | {"n_critic": 1}
TRANSFER = WGAN | {"gradient_penalty": 10.0, "frozen_generator_layers": 2, "frozen_critic_layers": 2}
METHODS: dict[str, Method] = {
    "wgan_gp": WganGp(**WGAN, gradient_penalty=10.0),
    "transfer": Transfer(**TRANSFER, penalty_at="image"),
    "transfer, penalty at features": Transfer(**TRANSFER, penalty_at="features"),
    "kd": Distillation(**KD, alpha=0.05, pool=0),
    "kd from a pool": Distillation(**KD, alpha=0.05, pool=6),
}


def trained_source(shape: Shape = SMALL) -> Networks:
    """In place of a trained model: always the same weights."""
    torch.manual_seed(7)
    return METHODS["wgan_gp"].build(shape, None)


def pooled(G: torch.nn.Module, n: int, latent_size: int) -> PooledTeacher:
    """n pairs of G."""
    z = torch.randn(n, latent_size, generator=torch.Generator().manual_seed(8))
    with torch.no_grad():
        images = to_uint8(copy.deepcopy(G).eval()(z))
    return PooledTeacher(z.numpy(), images.numpy())


def source_of(method: Method, shape: Shape = SMALL) -> Source:
    """What the method starts or learns from."""
    given = trained_source(shape)
    pool = getattr(method, "pool", 0)
    return pooled(given.G, pool, shape.latent_size) if pool else given


def state_of(method: Method, shape: Shape = SMALL, conditions: Conditions | None = None) -> State:
    """The method's state before its first step."""
    return start(method, shape, source_of(method, shape), conditions or conditions_of(), seed=3)


def conditions_of(**choices: Any) -> Conditions:
    """float32 on the CPU, with a running average."""
    return Conditions(CPU, torch.float32, 0.5, **choices)


def descent_of(**choices: Any) -> Descent:
    """How gradients are gathered, one process."""
    return conditions_of(**choices).descent()


def batch_of(n: int, size: int = SMALL.image_size, key: tuple[int, ...] = (5, 0)) -> Batch:
    """n images of noise."""
    rng = torch.Generator().manual_seed(9)
    return Batch(torch.rand(n, 3, size, size, generator=rng) * 2 - 1, key)


def gradients(state: State) -> list[Tensor]:
    """The gradients of the last updates, critic's then generator's: with β₁ = 0 they are Adam's first moments."""
    optimizers = (state.optimizers.D, state.optimizers.G)
    return [moments["exp_avg"] for optimizer in optimizers for moments in optimizer.state.values()]


def assert_close(ours: list[Tensor], theirs: list[Tensor], rtol: float) -> None:
    """Equal to `rtol`, or to a part of the largest of all: where a gradient is 0, rounding leaves some."""
    rounding = rtol * 0.1 * max(gradient.abs().max().item() for gradient in theirs)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=rtol, atol=rounding)


def noise_images(n: int, size: int = SMALL.image_size) -> np.ndarray:
    """(n, 3, size, size) uint8."""
    return np.random.default_rng(0).integers(0, 256, (n, 3, size, size), np.uint8)
