"""Small methods, networks and batches that several tests share."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic.dataclasses import dataclass
from torch import Tensor

from frugalgan.data.batches import Batch, Images
from frugalgan.methods.gradients import Descent
from frugalgan.data.images import to_uint8
from frugalgan.methods.gan import Adversarial
from frugalgan.methods.ae import Ae
from frugalgan.methods.base import Method, Networks, Shape, Source
from frugalgan.methods.cvae import Cvae
from frugalgan.methods.cwae import Cwae
from frugalgan.methods.dcgan import DcGan
from frugalgan.methods.decoder_init import DecoderDcGan, DecoderWganGp
from frugalgan.methods.kd import Distillation
from frugalgan.methods.transfer import Transfer
from frugalgan.methods.vae import Vae
from frugalgan.methods.wae import Wae
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.config.sections import STRICT
from frugalgan.methods.teachers import PooledTeacher
from frugalgan.training.state import Conditions, State, start

CPU = torch.device("cpu")
SMALL = Shape(image_size=32, latent_size=8, generator_width=16, student_width=8, critic_width=4)
WGAN: dict[str, Any] = {"n_critic": 2, "learning_rate": 1e-3, "beta1": 0.0, "beta2": 0.9, "epoch_critic_updates": 10}
KD = WGAN | {"n_critic": 1}
TRANSFER = WGAN | {"gradient_penalty": 10.0, "frozen_generator_layers": 2, "frozen_critic_layers": 2}
AE: dict[str, Any] = {"learning_rate": 1e-3, "beta1": 0.0, "beta2": 0.9, "epoch_updates": 10}
FROM_DECODER: dict[str, Any] = {"warmup_kimg": 0.0, "frozen_layers": 0, "frozen_kimg": 0.0}


@dataclass(frozen=True, config=STRICT)
class ToldDcGan(DcGan):
    """DC-GAN on a shape with classes."""


@dataclass(frozen=True, config=STRICT)
class ToldWganGp(WganGp):
    """WGAN-GP on a shape with classes."""


LABELLED = replace(SMALL, classes=10)
TOLD_LABELS = (Cvae, Cwae, ToldDcGan, ToldWganGp)
METHODS: dict[str, Method] = {
    "wgan_gp": WganGp(**WGAN, gradient_penalty=10.0),
    "transfer": Transfer(**TRANSFER, penalty_at="image"),
    "transfer, penalty at features": Transfer(**TRANSFER, penalty_at="features"),
    "kd": Distillation(**KD, alpha=0.05, pool=0),
    "kd from a pool": Distillation(**KD, alpha=0.05, pool=6),
    "dcgan": DcGan(**KD),
    "dcgan, told labels": ToldDcGan(**KD),
    "wgan_gp, told labels": ToldWganGp(**WGAN, gradient_penalty=10.0),
    "dcgan from a decoder": DecoderDcGan(**KD, **FROM_DECODER),
    "wgan_gp from a decoder": DecoderWganGp(**WGAN, **FROM_DECODER, gradient_penalty=10.0),
    "wgan_gp from a decoder, gently": DecoderWganGp(
        **WGAN, gradient_penalty=10.0, warmup_kimg=0.008, frozen_layers=2, frozen_kimg=0.012
    ),
    "ae": Ae(**AE),
    "vae": Vae(**AE, pixel_sd=0.5),
    "cvae": Cvae(**AE, pixel_sd=0.5),
    "wae": Wae(**AE, mmd=100.0),
    "cwae": Cwae(**AE, mmd=100.0),
}
ADVERSARIAL = {name: method for name, method in METHODS.items() if isinstance(method, Adversarial)}


def shape_of(method: Method, shape: Shape = SMALL) -> Shape:
    """With ten classes where the method is told labels."""
    return replace(shape, classes=10) if isinstance(method, TOLD_LABELS) else shape


def per_sample(method: Method) -> Method:
    """The method without the one term that compares a whole batch, so that parts of it make the same update."""
    return replace(method, mmd=0.0) if isinstance(method, Wae) else method


def hardly_moving(method: Method) -> Method:
    """One short step of it that hardly changes weights: Adam's first is the gradient's sign, which rounding can turn
    where it is almost 0."""
    return replace(method.shortest_step(), learning_rate=1e-12)


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
    return start(method, shape_of(method, shape), source_of(method, shape), conditions or conditions_of(), seed=3)


def conditions_of(**choices: Any) -> Conditions:
    """float32 on the CPU, with a running average."""
    return Conditions(CPU, torch.float32, 0.5, **choices)


def descent_of(**choices: Any) -> Descent:
    """How gradients are gathered, one process."""
    return conditions_of(**choices).descent()


def batch_of(n: int, size: int = SMALL.image_size, key: tuple[int, ...] = (5, 0)) -> Batch:
    """n images of noise."""
    rng = torch.Generator().manual_seed(9)
    return Batch(torch.rand(n, 3, size, size, generator=rng) * 2 - 1, key, labels=torch.arange(n) % 10)


def gradients(state: State) -> list[Tensor]:
    """The gradients of the last updates, the generator's last: with β₁ = 0 they are Adam's first moments."""
    optimizers = reversed(list(state.optimizers.values()))
    return [moments["exp_avg"] for optimizer in optimizers for moments in optimizer.state.values()]


def assert_close(ours: list[Tensor], theirs: list[Tensor], rtol: float) -> None:
    """Equal to `rtol`, or to a part of the largest of all: where a gradient is 0, rounding leaves some."""
    rounding = rtol * 0.1 * max(gradient.abs().max().item() for gradient in theirs)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=rtol, atol=rounding)


def labelled_noise(folder: Path, n: int) -> Images:
    """n images of noise and their labels, in files of `folder`."""
    np.save(folder / "images.npy", noise_images(n))
    np.save(folder / "labels.npy", np.arange(n, dtype=np.uint8) % 10)
    return labelled(folder)


def labelled(folder: Path) -> Images:
    """The images and labels of `folder`, half of them mirrored."""
    return Images(folder / "images.npy", seed=0, flip=True, device=CPU, labels_path=folder / "labels.npy")


def noise_images(n: int, size: int = SMALL.image_size) -> np.ndarray:
    """(n, 3, size, size) uint8."""
    return np.random.default_rng(0).integers(0, 256, (n, 3, size, size), np.uint8)
