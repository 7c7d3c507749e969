"""What measuring costs: one more model beside the extractor's bare forward passes; a folder beside pytorch-fid."""

import copy
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from unittest.mock import patch

import numpy as np
import torch
import torchvision
import typer
from pytorch_fid import fid_score, inception

from frugalgan.config.study import load
from frugalgan.data.images import read_rgb, write_png
from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.features import extract, extractor
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.neighbours import neighbours_grid
from frugalgan.evaluation.quality import over_training, quality
from frugalgan.evaluation.reference import HELDOUT, REFERENCE, TRAINING
from frugalgan.evaluation.settings import Evaluate

app = typer.Typer(help=__doc__)
Size = Annotated[int, typer.Option(help="image size, px")]


def median_seconds(repeats: int, *functions: Callable[[], object]) -> list[float]:
    """Median seconds of each function, run in turn."""
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(repeats):
        for taken, function in zip(seconds, functions, strict=True):
            begun = time.perf_counter()
            function()
            taken.append(time.perf_counter() - begun)
    return [statistics.median(taken) for taken in seconds]


def pictures(n: int, size: int, seed: int) -> np.ndarray:
    """(n, 3, size, size) uint8 noise."""
    return np.random.default_rng(seed).integers(0, 256, (n, 3, size, size), dtype=np.uint8)


@app.command()
def model(
    size: Size = 64,
    moments: Annotated[int, typer.Option(help="moments of training, with half as many images each")] = 11,
    n: Annotated[int, typer.Option("--samples", help="images of a draw")] = 500,
    repeats: Annotated[int, typer.Option(help="runs of each, alternating")] = 3,
) -> None:
    """All metrics of one model, over training too, against the forward passes of the same images."""
    settings = load().section("evaluate", Evaluate)
    network = extractor("efficientnet_lite0")
    of_moments = n // 2
    images, shown = pictures(settings.repeats * n, size, 0), pictures(moments * of_moments, size, 1)
    training, floor_n = pictures(1250, size, 2), 3 * n // 5
    everything = extract(network, training, source="data", seed=0, batch_size=8)
    teacher = extract(network, training[:n], source="teacher", seed=0, batch_size=8)
    data = {
        TRAINING: everything,
        REFERENCE: everything.chosen(np.arange(n), training[:n]),
        HELDOUT: everything.chosen(np.arange(1100, 1250), training[1100:]),
    }

    def bare() -> None:
        with torch.inference_mode():
            for part in (images, shown):
                for batch in torch.from_numpy(part).split(8):
                    network.features(batch)

    def whole() -> None:
        fake = extract(network, images, source="model", seed=0, batch_size=8)
        logits = network.logits(fake.features)
        quality(fake, data, teacher, settings, n=n, floor_n=(floor_n, floor_n), logits=logits)
        at_moments = extract(network, shown, source="model", seed=0, batch_size=8)
        over_training(at_moments, moments, data[REFERENCE], settings)
        neighbours_grid(images, fake.features, training, everything.features)

    forward, evaluation = median_seconds(repeats, bare, whole)
    typer.echo(f"forward passes alone {forward:6.1f} s\nevaluation           {evaluation:6.1f} s")
    typer.echo(f"{evaluation / forward:.2f} times the bare passes, median of {repeats}")


def random_weights(file: Path) -> Path:
    """A weights file of Inception's names and shapes with random numbers: speed does not depend on them."""
    with (
        patch.object(inception, "load_state_dict_from_url", lambda *_, **__: {}),
        patch.object(torchvision.models.Inception3, "load_state_dict", lambda *_: None),
    ):
        torch.save(inception.fid_inception_v3().state_dict(), file)
    return file


@app.command()
def folder(
    weights: Annotated[Path | None, typer.Option(help="Inception's weights file; without: random weights")] = None,
    count: Annotated[int, typer.Option(help="PNGs")] = 500,
    size: Size = 128,
    repeats: Annotated[int, typer.Option(help="runs of each, alternating")] = 3,
) -> None:
    """A folder of PNGs to a distance: the functions of the pytorch-fid command and ours, with one network."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for i, image in enumerate(pictures(count, size, 0)):
            write_png(root / f"{i:05d}.png", image.transpose(1, 2, 0))
        state = weights or random_weights(root / "random.pth")
        ours: Extractor = extractor("inception", state)
        theirs = copy.deepcopy(ours.network).to(memory_format=torch.contiguous_format)  # as pytorch-fid leaves it
        files = sorted(root.glob("*.png"))

        def by_ours() -> np.ndarray:
            images = np.stack([read_rgb(file) for file in files]).transpose(0, 3, 1, 2)
            return extract(ours, images, source="folder", seed=0, batch_size=8).features

        def by_pytorch_fid() -> np.ndarray:
            return fid_score.get_activations(files, theirs, batch_size=50, dims=2048, device="cpu", num_workers=2)

        assert frechet_distance(by_ours()[:50], by_pytorch_fid()[:50]) < 1e-2
        fast, usual = median_seconds(repeats, by_ours, by_pytorch_fid)
    typer.echo(f"frugalgan   {fast:6.1f} s\npytorch-fid {usual:6.1f} s")
    typer.echo(f"{usual / fast:.2f} times as fast, {count} PNGs of {size}×{size} px, median of {repeats}")


if __name__ == "__main__":
    app()
