"""Variety that can be counted: how many of StackedMNIST's 1,000 modes recipes reach in equal seconds.

    OMP_NUM_THREADS=1 python benchmarks/stacked_mnist.py data/prepared/digits out --seconds 200 --recipes wgan_gp

The folder is that of prepared MNIST with labels (`source: mnist`, 32 px). Networks of DCGAN and FastGAN are narrower
than those of faces. A support vector machine says which digits an image has; of real ones it reaches all modes.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from recipes import RECIPES, train

from frugalgan.data.facts import IMAGES, LABELS
from frugalgan.evaluation.classifier import classifier_of
from frugalgan.evaluation.metrics.modes import modes, stacked
from frugalgan.networks import Family
from frugalgan.networks.dcgan import Dcgan
from frugalgan.networks.fastgan import FastGan
from frugalgan.networks.pair import Pair
from frugalgan.networks.stylegan2 import StyleGan2

MODES, N, STACKS = 1000, 10_000, 50_000
DCGAN = Dcgan(latent_size=100, conditional=False, generator_width=128, critic_width=16)
FAST = FastGan(latent_size=100, conditional=False, generator_width=128, critic_width=16)


class Counter:
    """Images → how many modes they have, and the KL divergence to all equally often."""

    def __init__(self, digits: Path, learnt: int) -> None:
        self.classifier = classifier_of(digits, learnt, 0)

    def __call__(self, images: np.ndarray) -> dict[str, float]:
        digits = self.classifier.labels(images.reshape(-1, 1, *images.shape[2:])).reshape(-1, 3)
        found, divergence = modes(digits.astype(np.int64) @ np.array([100, 10, 1]), MODES)
        return {"modes": found, "kl": divergence}


def main(
    digits: Annotated[Path, typer.Argument(help="folder of prepared digits with labels")],
    out: Annotated[Path, typer.Argument(help="folder for results")],
    seconds: Annotated[list[float], typer.Option(help="marks of the clock, in seconds of training")] = [60, 200],
    recipes: Annotated[list[str], typer.Option(help=f"of {', '.join(RECIPES)}")] = list(RECIPES),
    seeds: Annotated[list[int], typer.Option(help="one training each")] = [0],
    samples: Annotated[int, typer.Option(help="images of a model that are classified")] = N,
    learnt: Annotated[int, typer.Option(help="digits that the classifier learns from")] = 10_000,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    images, _ = stacked(np.load(digits / IMAGES), np.load(digits / LABELS), STACKS, seed=0)
    np.save(out / "training.npy", images)
    counter = Counter(digits, learnt)
    print(
        {"classifier's accuracy": counter.classifier.accuracy, f"{samples} real images": counter(images[:samples])},
        flush=True,
    )
    for seed in seeds:
        for name in recipes:
            method, family = RECIPES[name]
            if not (out / f"{name}_{seed}.json").is_file():
                chosen = name, method, narrower(family)
                train(chosen, seed, out, sorted(seconds), counter, n=samples, mirror=False)


def narrower(family: Family) -> Family:
    """The same kind of networks for digits; StyleGAN2's are narrow as they are."""
    if isinstance(family, StyleGan2 | Pair):
        return family
    return DCGAN if isinstance(family, Dcgan) else FAST


if __name__ == "__main__":
    typer.run(main)
