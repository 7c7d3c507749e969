"""Small recipes, networks and batches that several tests share."""

import copy
import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from frugalgan import networks
from frugalgan.config.sections import GanRecipe, Start
from frugalgan.data.batches import Batch, Images
from frugalgan.data.facts import DataFacts
from frugalgan.data.images import to_uint8
from frugalgan.methods.ae import Ae
from frugalgan.methods.base import Method
from frugalgan.methods.dcgan import DcGan
from frugalgan.methods.direction import Direction
from frugalgan.methods.gan import Gan
from frugalgan.methods.gradients import Accumulation
from frugalgan.methods.hinge import Hinge
from frugalgan.methods.kd import Distillation
from frugalgan.methods.kd_features import FeatureDistillation
from frugalgan.methods.start import Source
from frugalgan.methods.stylegan2 import StyleGan2 as StyleLosses
from frugalgan.methods.teachers import PooledTeacher
from frugalgan.methods.vae import Vae
from frugalgan.methods.wae import Wae
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.networks import Family
from frugalgan.networks.biggan import BigGan
from frugalgan.networks.dcgan import Dcgan
from frugalgan.networks.dcgan_spectral import DcganSpectral
from frugalgan.networks.dcgan_student import DcganStudent
from frugalgan.networks.fastgan import FastGan
from frugalgan.networks.mixed import Mixed
from frugalgan.networks.pair import Pair
from frugalgan.networks.parts import Networks
from frugalgan.networks.projected import Projected
from frugalgan.networks.stylegan2 import StyleGan2
from frugalgan.networks.stylegan2.adaptations import HYPERNETWORKS, KINDS
from frugalgan.training.processes import Processes
from frugalgan.training.recipe import PoolRecipe, Recipe
from frugalgan.training.record import Recorder
from frugalgan.training.state import Conditions, State, begin

# Families that live here are found by name like those of src/frugalgan/networks.
networks.__path__.append(str(Path(__file__).parent / "families"))

CPU = torch.device("cpu")
LATENT = 8
DATA = DataFacts(size=32, channels=3, mirror=True)
LABELLED = replace(DATA, labels=tuple("0123456789"))

SMALL = Dcgan(latent_size=LATENT, conditional=False, generator_width=16, critic_width=4)
CONDITIONAL = replace(SMALL, conditional=True)
RESIDUAL = importlib.import_module("frugalgan.networks.residual").Residual(
    latent_size=LATENT, conditional=False, width=8
)
RESIDUAL_CONDITIONAL = replace(RESIDUAL, conditional=True)
FAST = FastGan(latent_size=LATENT, conditional=False, generator_width=32, critic_width=8)
PROJECTED = Projected(latent_size=LATENT, conditional=False, generator_width=32, critic_width=2, side=64)
MIXED = Mixed(
    latent_size=LATENT, conditional=False, generator_width=16, critic_width=4, projected_width=2, weight=0.1, side=64
)
SPECTRAL = DcganSpectral(latent_size=LATENT, conditional=False, generator_width=32, critic_width=8)
BIGGAN = BigGan(latent_size=60, width=8, attention=16, shared=16)
SAGAN = replace(BIGGAN, shared=0, skip_z=False, initialisation="xavier")
STYLES = StyleGan2(latent_size=LATENT, conditional=False, channel_base=512, channel_max=32, group=2)
PAIR = Pair(
    latent_size=LATENT,
    generator_from={"family": "fastgan", "generator_width": 32, "critic_width": 8},
    critic_from={"family": "stylegan2", "channel_base": 512, "channel_max": 32, "group": 2},
)
STUDENT = DcganStudent(latent_size=LATENT, conditional=False, generator_width=8, critic_width=4)

ADAM: dict[str, Any] = {"learning_rate": 1e-3, "beta1": 0.0, "beta2": 0.9}
RATES: dict[str, Any] = ADAM | {"critic_learning_rate": 1e-3}
WGAN_GP = WganGp(**RATES, n_critic=2, gradient_penalty=10.0, penalty_at="image")
AT_FEATURES = replace(WGAN_GP, penalty_at="features")
KD, DCGAN = Distillation(**RATES, n_critic=1, alpha=0.05), DcGan(**RATES, n_critic=1)
KD_FEATURES = FeatureDistillation(**RATES, n_critic=1, alpha=0.05, features=0.5)
HINGE = Hinge(**RATES, n_critic=1)
STYLE_LOSSES = StyleLosses(**RATES, n_critic=1, r1=1.0, r1_every=2, path_length=0.0, path_length_every=1)
PATHS = replace(STYLE_LOSSES, path_length=0.5, path_length_every=2)
DIRECTION = Direction(
    **ADAM,
    encoder="efficientnet_lite0",
    clip_model="ViT-B-32",
    clip_weights="",
    words_from="",
    words_to="",
    angles=1.0,
    between=0.5,
)
AE, VAE, WAE = Ae(**ADAM), Vae(**ADAM, pixel_sd=0.5), Wae(**ADAM, mmd=100.0)

AUGMENT = ("colour", "translation", "cutout")
KIMG = 0.024  # the budget of which a generator may wait a share
TRANSFER = Start(weights=("generator", "critic"), generator_layers=2, critic_layers=2)
TAUGHT = Start(teacher=True)
DECODER = Start(weights=("generator",))
WAITING = replace(DECODER, wait=1 / 3)  # 8 images
GENTLE = replace(DECODER, wait=0.5, layers=2)  # 12 images, in which the other layers train


def recipe(
    method: Method, family: Family = SMALL, start: Start | None = None, source: Recipe | PoolRecipe | None = None
) -> Recipe:
    """On labelled images where the networks are conditional."""
    return Recipe(method, family, LABELLED if family.conditional else DATA, start or Start(), source)


EVERYTHING = GanRecipe(loss="relativistic", r1=1.0, r2=0.5, penalty_every=2, augment=AUGMENT)


def switched(method: Gan, **switches: Any) -> Gan:
    """The method with a recipe of these switches."""
    return method.with_recipe(GanRecipe(**switches))


# A row per way of training, which every test of tests/contract goes through: a new method or family is one more.
RECIPES: dict[str, Recipe] = {
    "wgan_gp": recipe(WGAN_GP),
    "transfer": recipe(WGAN_GP, SMALL, TRANSFER, recipe(WGAN_GP)),
    "transfer, penalty at features": recipe(AT_FEATURES, SMALL, TRANSFER, recipe(WGAN_GP)),
    "kd": recipe(KD, STUDENT, TAUGHT, recipe(WGAN_GP)),
    "kd_features": recipe(KD_FEATURES, STUDENT, TAUGHT, recipe(WGAN_GP)),
    "kd from a pool": recipe(KD, STUDENT, TAUGHT, PoolRecipe(6, LATENT)),
    "dcgan": recipe(DCGAN),
    "dcgan, conditional": recipe(DCGAN, CONDITIONAL),
    "wgan_gp, conditional": recipe(WGAN_GP, CONDITIONAL),
    "dcgan from a decoder": recipe(DCGAN, SMALL, DECODER, recipe(VAE)),
    "dcgan from a decoder, after a wait": recipe(DCGAN, SMALL, WAITING, recipe(VAE)),
    "wgan_gp from a decoder": recipe(WGAN_GP, SMALL, DECODER, recipe(WAE)),
    "wgan_gp from a decoder, gently": recipe(WGAN_GP, SMALL, GENTLE, recipe(WAE)),
    "ae": recipe(AE),
    "vae": recipe(VAE),
    "vae, conditional": recipe(VAE, CONDITIONAL),
    "wae": recipe(WAE),
    "wae, conditional": recipe(WAE, CONDITIONAL),
    "wgan_gp, residual": recipe(WGAN_GP, RESIDUAL),
    "dcgan, residual, conditional": recipe(DCGAN, RESIDUAL_CONDITIONAL),
    "transfer, residual, conditional": recipe(
        WGAN_GP, RESIDUAL_CONDITIONAL, TRANSFER, recipe(WGAN_GP, RESIDUAL_CONDITIONAL)
    ),
    "wgan_gp, lazy and augmented": recipe(switched(WGAN_GP, penalty_every=2, augment=AUGMENT)),
    "wgan_gp, LeCam": recipe(switched(WGAN_GP, lecam=0.1)),
    "hinge, LeCam": recipe(switched(HINGE, lecam=0.3)),
    "wgan with clipping": recipe(switched(DCGAN, loss="wasserstein", clip=0.1, n_critic=2)),
    "hinge, fastgan": recipe(switched(DCGAN, loss="hinge"), FAST),
    "everything, fastgan, conditional": recipe(DCGAN.with_recipe(EVERYTHING), replace(FAST, conditional=True)),
    "r1, residual": recipe(switched(DCGAN, r1=1.0, augment=("colour",)), RESIDUAL),
    "kd, hinge and augmented": recipe(switched(KD, loss="hinge", augment=AUGMENT), STUDENT, TAUGHT, recipe(WGAN_GP)),
    "transfer, at features, augmented": recipe(
        switched(AT_FEATURES, augment=AUGMENT), SMALL, TRANSFER, recipe(WGAN_GP)
    ),
    "vae, fastgan": recipe(VAE, FAST),
    "hinge, projected": recipe(switched(DCGAN, loss="hinge", augment=AUGMENT), PROJECTED),
    "wgan_gp, mixed, lazy and augmented": recipe(
        switched(replace(WGAN_GP, n_critic=1), penalty_every=2, augment=AUGMENT), MIXED
    ),
    "hinge, mixed, conditional": recipe(switched(DCGAN, loss="hinge"), replace(MIXED, conditional=True)),
    "hinge, pair": recipe(HINGE, PAIR),
    "stylegan2's losses, pair, conditional": recipe(STYLE_LOSSES, replace(PAIR, conditional=True)),
    "hinge, dcgan_spectral": recipe(switched(DCGAN, loss="hinge", augment=("translation",)), SPECTRAL),
    "biggan": recipe(switched(HINGE, orthogonal=1e-3, ema_kimg=0.01), BIGGAN),
    "sagan": recipe(HINGE, SAGAN),
    "biggan, its own norms, skip-z": recipe(HINGE, replace(BIGGAN, shared=0)),
    "biggan, shared, no skip-z": recipe(HINGE, replace(BIGGAN, skip_z=False)),
    "biggan, labels as input": recipe(
        HINGE, replace(BIGGAN, conditional_norm=False, shared=0, projection=False, initialisation="normal")
    ),
    "wgan_gp, biggan without labels, attention and spectral norm": recipe(
        WGAN_GP, replace(BIGGAN, conditional=False, attention=0, spectral=(), skip_z=False)
    ),
    "wgan_gp, sagan, spectral norm in D": recipe(WGAN_GP, replace(SAGAN, spectral=("critic",))),
    "transfer, biggan": recipe(HINGE, BIGGAN, TRANSFER, recipe(HINGE, BIGGAN)),
    "hinge, orthogonal": recipe(switched(HINGE, orthogonal=1e-3)),
    "stylegan2": recipe(STYLE_LOSSES, STYLES),
    "stylegan2, path length, conditional": recipe(PATHS, replace(STYLES, conditional=True)),
    "wgan_gp, stylegan2": recipe(WGAN_GP, STYLES),
    "stylegan2's losses, other networks": recipe(STYLE_LOSSES),
    **{
        f"stylegan2, {kind}": replace(
            recipe(
                STYLE_LOSSES,
                STYLES,
                Start(weights=("generator", "critic"), adaptation=kind),  # pyright: ignore[reportArgumentType]
                recipe(STYLE_LOSSES, STYLES),
            ),
            data=LABELLED if kind in HYPERNETWORKS else DATA,
        )
        for kind in KINDS
    },
    "direction": recipe(
        DIRECTION,
        STYLES,
        Start(weights=("generator",), adaptation="domain_vector", teacher=True),
        recipe(STYLE_LOSSES, STYLES),
    ),
    "direction, hypernetwork": replace(
        recipe(
            DIRECTION,
            STYLES,
            Start(weights=("generator",), adaptation="hypernetwork", teacher=True),
            recipe(STYLE_LOSSES, STYLES),
        ),
        data=LABELLED,
    ),
    "kd, residual": recipe(KD, RESIDUAL, TAUGHT, recipe(WGAN_GP)),
    "vae, residual, conditional": recipe(VAE, RESIDUAL_CONDITIONAL),
    "wgan_gp from a residual decoder, gently": recipe(WGAN_GP, RESIDUAL, GENTLE, recipe(VAE, RESIDUAL)),
}
GANS = {name: row for name, row in RECIPES.items() if isinstance(row.method, Gan)}
FAMILIES = {
    f"{type(family).__module__.rpartition('.')[2]}{', conditional' * family.conditional}": family
    for family in dict.fromkeys(row.family for row in RECIPES.values())
}


def method_of(row: Recipe, **changes: Any) -> Recipe:
    """The same with another value of its method's section."""
    return replace(row, method=replace(row.method, **changes))


def start_of(row: Recipe, **changes: Any) -> Recipe:
    """The same with another value of its start."""
    return replace(row, start=replace(row.start, **changes))


def per_sample(row: Recipe) -> Recipe:
    """Without the terms that compare a whole batch, so that parts of it make the same update."""
    if isinstance(row.method, Direction):
        return method_of(row, angles=0.0, between=0.0)
    return method_of(row, mmd=0.0) if isinstance(row.method, Wae) else row


def hardly_moving(row: Recipe) -> Recipe:
    """One short step that hardly changes weights: Adam's first is the gradient's sign, which rounding can turn where
    it is almost 0."""
    rates = {name: 1e-12 for name in RATES if name.endswith("learning_rate") and hasattr(row.method, name)}
    return replace(row, method=replace(row.method.shortest_step(), **rates))


def in_float64(state: State, batch: Batch) -> Batch:
    """All networks of the state in float64, and the batch. Directions need it: of changes that are 0 at first float32
    loses three digits."""
    for network in state.networks.all():
        network.double()
    return replace(batch, real=batch.real.double())


def trained(row: Recipe) -> Networks:
    """In place of trained networks of that recipe: always the same weights."""
    torch.manual_seed(7)
    return row.networks()


def pooled(G: torch.nn.Module, n: int) -> PooledTeacher:
    """n pairs of G."""
    z = torch.randn(n, LATENT, generator=torch.Generator().manual_seed(8))
    with torch.no_grad():
        images = to_uint8(copy.deepcopy(G).eval()(z))
    return PooledTeacher(z.numpy(), images.numpy())


def source_of(row: Recipe) -> Source | None:
    """What the recipe starts or learns from."""
    if isinstance(row.source, PoolRecipe):
        return pooled(trained(recipe(WGAN_GP)).G, row.source.images)
    return None if row.source is None else trained(row.source)


def state_of(row: Recipe, conditions: Conditions | None = None) -> State:
    """The state before the first step."""
    return begin(row, source_of(row), conditions or conditions_of(), kimg=KIMG, seed=3)


def conditions_of(**choices: Any) -> Conditions:
    """float32 on the CPU, with a running average."""
    return Conditions(CPU, torch.float32, 0.5, **choices)


def accumulation_of(**choices: Any) -> Accumulation:
    """How gradients are gathered, one process."""
    return conditions_of(**choices).accumulation()


def recorder_of(steps: int, **choices: Any) -> Recorder:
    """What one sees of a training of so many steps, one process."""
    return Recorder("test", steps, processes=Processes(CPU), seed=0, moment_samples=6, **choices)


def batch_of(n: int, size: int = DATA.size, key: tuple[int, ...] = (5, 0)) -> Batch:
    """n images of noise."""
    rng = torch.Generator().manual_seed(9)
    return Batch(torch.rand(n, 3, size, size, generator=rng) * 2 - 1, key, labels=torch.arange(n) % 10)


def gradients(state: State) -> list[Tensor]:
    """The gradients of the last updates, the generator's last: with β₁ = 0 they are Adam's first moments."""
    optimizers = reversed(list(state.optimizers.values()))
    return [moments["exp_avg"] for optimizer in optimizers for moments in optimizer.state.values()]


def assert_close(ours: list[Tensor], theirs: list[Tensor], rtol: float) -> None:
    """Equal to `rtol`, or to a part of the largest of all: where a gradient is 0, rounding leaves some."""
    rounding = rtol * 0.25 * max(gradient.abs().max().item() for gradient in theirs)
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


def noise_images(n: int, channels: int = 3) -> np.ndarray:
    """(n, channels, 32, 32) uint8."""
    return np.random.default_rng(0).integers(0, 256, (n, channels, DATA.size, DATA.size), np.uint8)
