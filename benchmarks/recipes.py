"""Recipes at equal seconds of processor time: what each makes of the same pictures.

    OMP_NUM_THREADS=1 python benchmarks/recipes.py images.npy out --seconds 200 --seconds 600 --recipes wgan_gp

`images.npy`: prepared images, (N, 3, S, S) uint8; the last fifth is held out. The clock is the processor time of this
process, summed over its threads, so that other work beside it hardly counts; evaluation is not on it. Writes
out/<recipe>_<seed>.json, a number per metric and mark of the clock, and out/<recipe>_<seed>_<seconds>.png; what is
there already is left out. Lite0's numbers of `projected`, which learns from what that network sees, say nothing.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from frugalgan.config.sections import GanRecipe, Start
from frugalgan.data.batches import Images
from frugalgan.data.facts import DataFacts
from frugalgan.data.images import enlarged_grid, write_png
from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.features import extractor
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.metrics.precision_recall import density_coverage, precision_recall
from frugalgan.evaluation.metrics.sliced_wasserstein import SlicedWasserstein
from frugalgan.evaluation.metrics.variety import spacing, variety
from frugalgan.files import write_json
from frugalgan.methods.dcgan import DcGan
from frugalgan.methods.gan import Gan
from frugalgan.methods.stylegan2 import StyleGan2
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.networks import Family, Network
from frugalgan.networks.dcgan import Dcgan
from frugalgan.networks.dcgan_spectral import DcganSpectral
from frugalgan.networks.fastgan import FastGan
from frugalgan.networks.mixed import Mixed
from frugalgan.networks.pair import Pair
from frugalgan.networks.projected import Projected
from frugalgan.networks.sampling import images_of, latents
from frugalgan.networks.stylegan2 import StyleGan2 as StyleNetworks
from frugalgan.provenance import versions
from frugalgan.training.ema import working_generator
from frugalgan.training.memory import LiveBytes
from frugalgan.training.recipe import Recipe
from frugalgan.training.state import Conditions, begin

CPU, BATCH, N, Z_SEED = torch.device("cpu"), 16, 500, 2022
NETWORKS = ("efficientnet_lite0", "vgg16_edges")
DCGAN = Dcgan(latent_size=100, conditional=False, generator_width=512, critic_width=64)
NARROW = Dcgan(latent_size=100, conditional=False, generator_width=256, critic_width=64)
HALF = Dcgan(latent_size=100, conditional=False, generator_width=256, critic_width=32)
QUARTER = Dcgan(latent_size=100, conditional=False, generator_width=128, critic_width=16)
SPECTRAL = DcganSpectral(latent_size=100, conditional=False, generator_width=512, critic_width=64)
FAST = FastGan(latent_size=100, conditional=False, generator_width=256, critic_width=32)
PROJECTED = Projected(latent_size=100, conditional=False, generator_width=256, critic_width=16)
MIXED = Mixed(latent_size=100, conditional=False, generator_width=512, critic_width=64, projected_width=16, weight=0.1)
PACE: dict[str, Any] = {"beta1": 0.0, "n_critic": 1}
SLOW: dict[str, Any] = PACE | {"learning_rate": 2e-4, "critic_learning_rate": 2e-4}
FASTER: dict[str, Any] = PACE | {"learning_rate": 3e-4, "critic_learning_rate": 3e-4}
WGAN_GP = WganGp(**FASTER, beta2=0.9, gradient_penalty=10.0, penalty_at="image")
OTHER = DcGan(**SLOW, beta2=0.99)
SOFT = ("colour", "translation")
STYLE = StyleNetworks(latent_size=128, conditional=False, channel_base=2048, channel_max=128, mapping_layers=2)
STYLE_512 = StyleNetworks(latent_size=64, conditional=False, channel_base=512, channel_max=64, mapping_layers=2)
STYLE_1024 = StyleNetworks(latent_size=64, conditional=False, channel_base=1024, channel_max=64, mapping_layers=2)
STYLE_SECTION = {"family": "stylegan2", "channel_base": 512, "channel_max": 64, "mapping_layers": 2}
HALF_SECTION = {"family": "dcgan", "generator_width": 256, "critic_width": 32}
STYLE_CRITIC = Pair(latent_size=100, generator_from=HALF_SECTION, critic_from=STYLE_SECTION)
STYLE_GENERATOR = Pair(latent_size=64, generator_from=STYLE_SECTION, critic_from=HALF_SECTION)
STYLE_METHOD = StyleGan2(
    n_critic=1,
    learning_rate=5e-3,
    critic_learning_rate=5e-3,
    beta1=0.0,
    beta2=0.99,
    r1=5.0,
    r1_every=16,
    path_length=0.0,
    path_length_every=4,
)
STYLE_FASTER = replace(STYLE_METHOD, learning_rate=1e-2, critic_learning_rate=1e-2)


def gan(method: Gan, **switches: Any) -> Gan:
    """The method with a recipe of these switches."""
    return method.with_recipe(GanRecipe(**switches))


RECIPES: dict[str, tuple[Gan, Family]] = {
    "wgan_gp": (WGAN_GP, DCGAN),
    "wgan_gp_lazy": (gan(WGAN_GP, penalty_every=4), DCGAN),
    "wgan_gp_narrow": (WGAN_GP, NARROW),
    "wgan_gp_half": (WGAN_GP, HALF),
    "wgan_gp_quarter": (WGAN_GP, QUARTER),
    "wgan_gp_half_lazy": (gan(WGAN_GP, penalty_every=4), HALF),
    "wgan_gp_half_lecam": (gan(WGAN_GP, lecam=0.001), HALF),
    "wgan_gp_quarter_lazy": (gan(WGAN_GP, penalty_every=4), QUARTER),
    "wgan_gp_batch_8": (WGAN_GP, DCGAN),
    "wgan_gp_half_batch_8": (WGAN_GP, HALF),
    "wgan_gp_half_batch_4": (WGAN_GP, HALF),
    "wgan_gp_quarter_batch_8": (WGAN_GP, QUARTER),
    "wgan_gp_augmented": (gan(WGAN_GP, augment=SOFT), DCGAN),
    "wgan_gp_lazy_augmented": (gan(WGAN_GP, penalty_every=4, augment=SOFT), DCGAN),
    "wgan_gp_faster": (gan(WGAN_GP, learning_rate=1e-3, critic_learning_rate=1e-3, beta2=0.99), DCGAN),
    "wgan_clipped": (gan(OTHER, loss="wasserstein", clip=0.01, n_critic=2), DCGAN),
    "r1": (gan(OTHER, r1=1.0, penalty_every=16, augment=SOFT), DCGAN),
    "r1_r2_relativistic": (gan(OTHER, loss="relativistic", r1=1.0, r2=1.0, penalty_every=8, augment=SOFT), DCGAN),
    "hinge_spectral": (gan(OTHER, loss="hinge", augment=SOFT, critic_learning_rate=4e-4), SPECTRAL),
    "hinge_fastgan_lecam": (gan(OTHER, loss="hinge", augment=SOFT, lecam=0.3), FAST),
    "hinge_fastgan": (gan(OTHER, loss="hinge", augment=SOFT), FAST),
    "hinge_fastgan_r1": (gan(OTHER, loss="hinge", r1=0.1, penalty_every=8, augment=SOFT), FAST),
    "projected": (gan(OTHER, loss="hinge", augment=SOFT), PROJECTED),
    "wgan_gp_mixed": (gan(WGAN_GP, penalty_every=4, augment=SOFT), MIXED),
    "hinge_mixed": (gan(OTHER, loss="hinge", augment=SOFT), MIXED),
    "stylegan2": (gan(STYLE_METHOD, augment=SOFT), STYLE),
    "stylegan2_512_batch_8": (STYLE_METHOD, STYLE_512),  # with --decay 0.98, as the next
    "stylegan2_1024_batch_8": (STYLE_METHOD, STYLE_1024),
    "stylegan2_512_faster_batch_8": (STYLE_FASTER, STYLE_512),
    "stylegan2_1024_faster_batch_8": (STYLE_FASTER, STYLE_1024),
    "stylegan2_512_faster_augmented_batch_8": (gan(STYLE_FASTER, augment=SOFT), STYLE_512),
    # StyleGAN2 in parts: its critic, its generator, its networks with other losses
    "stylegan2_critic_batch_8": (replace(STYLE_METHOD, learning_rate=3e-4), STYLE_CRITIC),
    "stylegan2_generator_batch_8": (replace(WGAN_GP, learning_rate=5e-3), STYLE_GENERATOR),
    "stylegan2_wgan_gp_batch_8": (replace(WGAN_GP, learning_rate=5e-3, critic_learning_rate=5e-3), STYLE_512),
    "wgan_gp_fastgan": (gan(WGAN_GP, penalty_every=4, augment=SOFT), FAST),
}
BATCHES = {name: int(name.rpartition("_")[2]) for name in RECIPES if "_batch_" in name}  # of all others: BATCH


def main(
    images: Annotated[Path, typer.Argument(help="prepared images, (N, 3, S, S) uint8")],
    out: Annotated[Path, typer.Argument(help="folder for results")],
    seconds: Annotated[list[float], typer.Option(help="marks of the clock, in core-seconds of training")] = [200, 600],
    recipes: Annotated[list[str], typer.Option(help=f"of {', '.join(RECIPES)}")] = list(RECIPES),
    seeds: Annotated[list[int], typer.Option(help="one training each")] = [0],
    decay: Annotated[float, typer.Option(help=f"of the running average, per {BATCH} images")] = 0.995,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    array = np.load(images)
    training, heldout = np.split(array, [len(array) * 4 // 5])
    if not (out / "training.npy").is_file():  # another training may have it open
        np.save(out / "training.npy", training)
    judge = Judge(training)
    print({"floor of held-out images": judge(heldout)})
    for seed in seeds:
        for name in recipes:
            if not (out / f"{name}_{seed}.json").is_file():
                train((name, *RECIPES[name]), seed, out, sorted(seconds), judge, decay=decay)


class Judge:
    """All metrics of images against real ones."""

    def __init__(self, real: np.ndarray) -> None:
        real = real[np.random.default_rng(0).choice(len(real), min(N, len(real)), replace=False)]
        self.networks: list[Extractor] = [extractor(name) for name in NETWORKS]
        self.real = [network(real, batch_size=8) for network in self.networks]
        self.pixels = SlicedWasserstein(real, 0)

    def __call__(self, images: np.ndarray) -> dict[str, float]:
        found = {"swd": self.pixels(images)}
        for network, real in zip(self.networks, self.real, strict=True):
            fake = network(images, batch_size=8)
            found[f"fd_{network.name}"] = frechet_distance(fake, real)
            precision, recall = precision_recall(real, fake, k=3)
            _, coverage = density_coverage(real, fake, k=5)
            found |= {f"precision_{network.name}": precision, f"recall_{network.name}": recall}
            found |= {f"coverage_{network.name}": coverage, f"variety_{network.name}": variety(fake, real)}
            found[f"spacing_{network.name}"] = spacing(fake, real)
        return found


def train(
    chosen: tuple[str, Gan, Family],
    seed: int,
    out: Path,
    marks: list[float],
    judge: Callable[[np.ndarray], dict[str, float]],
    *,
    n: int = N,
    mirror: bool = True,
    decay: float = 0.995,
) -> None:
    """One training on out/training.npy, of which `judge` measures n images at every mark."""
    name, method, family = chosen
    source = Images(out / "training.npy", seed, flip=mirror, device=CPU)
    size = source.array.shape[2]
    recipe = Recipe(method, family, DataFacts(size, 3, mirror=mirror), Start())
    batch_size = BATCHES.get(name, BATCH)
    ema_decay = decay ** (batch_size / BATCH)  # of as many images
    conditions = Conditions(CPU, torch.float32, ema_decay, channels_last=family.faster_channels_last)
    state = begin(recipe, None, conditions, kimg=0.0, seed=seed)
    accumulation = conditions.accumulation()

    def step() -> None:
        def next_batch() -> Any:
            batch = source.batch(state.nimg, batch_size)
            state.nimg += batch_size
            return batch

        method.step(state.networks, state.optimizers, next_batch, accumulation)
        assert state.ema is not None
        state.ema.update_parameters(state.networks.G)

    begun = time.process_time()
    for _ in range(method.period):  # then all that a step may need is there, lazy penalties too
        step()
    slow = (time.process_time() - begun) / method.period
    if (least := slow * (method.period + 1)) > marks[0]:
        raise SystemExit(
            f"{name}: its first {method.period + 1} steps take {least:.0f} s here: choose --seconds above that, or "
            "smaller images"
        )
    with LiveBytes(state.live(), state.trainable()) as live:
        step()
    spent, rows = least, list[dict[str, Any]]()  # these steps trained, too
    for mark in marks:
        while spent < mark:
            begun = time.process_time()
            step()
            spent += time.process_time() - begun
        G: Network = working_generator(state.networks.G, state.ema, seed)
        drawn = images_of(G, latents(n, family.latent_size, Z_SEED)).numpy()
        write_png(out / f"{name}_{seed}_{mark:g}.png", enlarged_grid(drawn[:32], columns=8))
        row = {"seconds": mark, "kimg": state.nimg / 1000, "images_per_second": state.nimg / spent} | judge(drawn)
        rows.append(row)
        print(name, seed, {key: round(value, 3) for key, value in row.items()}, flush=True)
    known = {"method": type(method).__name__} | asdict(method) | {"family": type(family).__name__} | asdict(family)
    write_json(
        out / f"{name}_{seed}.json",
        {"recipe": name, "seed": seed, "marks": rows, "peak_bytes": live.peak, "threads": torch.get_num_threads()}
        | {
            "batch": batch_size,
            "ema_decay": conditions.ema_decay,
            "channels_last": conditions.channels_last,
            "n": n,
            "versions": versions(),
            "choices": json.loads(json.dumps(known)),
        },
    )


if __name__ == "__main__":
    typer.run(main)
