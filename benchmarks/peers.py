"""Peers at equal seconds of processor time: GANs from PyPI, by their own trainers and defaults, on the same pictures.

    pip install --target peers --no-deps lightweight-gan stylegan2-pytorch einops kornia kornia-rs retry fire \\
        termcolor adabelief-pytorch decorator py vector-quantize-pytorch==0.1.0
    OMP_NUM_THREADS=1 PYTHONPATH=peers:src python benchmarks/peers.py images.npy out --peers stylegan2_pytorch

No extra of the project installs them, for what they ask for themselves (aim, a server for logs, among others) would
come, too. They refuse to be imported without CUDA: their calls of it are replaced while this runs. Same marks, judge
and files as `benchmarks/recipes.py`; pictures are read from memory instead of files, so that reading is not on the
clock. A mark is only looked at after an update.
"""

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any
from unittest import mock

import numpy as np
import torch
import typer
from recipes import Z_SEED, Judge, N
from torch import Tensor

from frugalgan.data.images import enlarged_grid, to_uint8, write_png
from frugalgan.files import write_json
from frugalgan.networks.sampling import latents

PICTURES = 100_000  # of fewer, both packages augment
ROWS = 20  # images drawn at once


class OnCpu:
    """The module `torch`, in which every device is the CPU."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def device(self, *_: Any) -> torch.device:
        return torch.device("cpu")


@dataclass(frozen=True)
class Peer:
    """A package; `choices` are its command's defaults, `draw` its generator: trainer, z → images in [0, 1] or about.

    Their running averages begin after 20,000 steps, so what is drawn are the weights themselves.
    """

    module: str
    latent_size: int
    batch: int
    accumulate: int
    choices: dict[str, Any]
    draw: Callable[[Any, Tensor], Tensor]


def of_lightweight(trainer: Any, z: Tensor) -> Tensor:
    return trainer.GAN.G(z)


def of_stylegan2(trainer: Any, z: Tensor) -> Tensor:
    G, S = trainer.GAN.G, trainer.GAN.S
    noise = torch.rand(len(z), G.image_size, G.image_size, 1)
    return G(S(z)[:, None, :].expand(-1, G.num_layers, -1), noise)


PEERS = {
    "lightweight_gan": Peer(
        "lightweight_gan.lightweight_gan",
        latent_size=256,
        batch=10,
        accumulate=4,
        choices={"attn_res_layers": [32], "disc_output_size": 1, "use_aim": False},
        draw=of_lightweight,
    ),
    "stylegan2_pytorch": Peer(
        "stylegan2_pytorch.stylegan2_pytorch", latent_size=512, batch=5, accumulate=6, choices={}, draw=of_stylegan2
    ),
}


def main(
    images: Annotated[Path, typer.Argument(help="prepared images, (N, 3, S, S) uint8")],
    out: Annotated[Path, typer.Argument(help="folder for results")],
    seconds: Annotated[list[float], typer.Option(help="marks of the clock, in core-seconds of training")] = [200, 600],
    peers: Annotated[list[str], typer.Option(help=f"of {', '.join(PEERS)}")] = list(PEERS),
    seed: Annotated[int, typer.Option(help="of the training")] = 0,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    array = np.load(images)
    training, _ = np.split(array, [len(array) * 4 // 5])
    judge = Judge(training)
    for name in peers:
        train(name, PEERS[name], training, judge, out, sorted(seconds), seed)


def train(name: str, peer: Peer, training: np.ndarray, judge: Judge, out: Path, marks: list[float], seed: int) -> None:
    """One training, measured at every mark. Ends the program where one update takes longer than a mark."""
    torch.manual_seed(seed)
    with ExitStack() as stack:
        sys.modules.setdefault("aim", ModuleType("aim"))  # which logs, if asked to
        with mock.patch("torch.cuda.is_available", lambda: True):
            package = importlib.import_module(peer.module)
        for of in (Tensor, torch.nn.Module):
            stack.enter_context(mock.patch.object(of, "cuda", lambda self, *_: self))
        stack.enter_context(mock.patch.object(package, "torch", OnCpu()))
        trainer: Any = package.Trainer(
            name=name,
            base_dir=out / "peers",
            image_size=training.shape[2],
            batch_size=peer.batch,
            gradient_accumulate_every=peer.accumulate,
            aug_prob=min(0.5, (PICTURES - len(training)) * 3e-6),  # as both choose it
            aug_types=["cutout", "translation"],
            **peer.choices,
        )
        trainer.loader = batches(training, peer.batch, seed)
        trainer.save = trainer.evaluate = lambda *_, **__: None
        spent, rows = 0.0, list[dict[str, Any]]()
        for mark in marks:
            while spent < mark:
                begun = time.process_time()
                trainer.train()
                spent += (step := time.process_time() - begun)
                if step > mark:
                    raise SystemExit(f"{name}: one update takes {step:.0f} s here: choose --seconds above that")
            with torch.no_grad():
                z = latents(N, peer.latent_size, Z_SEED)
                drawn = torch.cat([to_uint8(2 * peer.draw(trainer, some).clamp(0, 1) - 1) for some in z.split(ROWS)])
            write_png(out / f"{name}_{seed}_{mark:g}.png", enlarged_grid(drawn[:32].numpy(), columns=8))
            kimg = trainer.steps * peer.batch * peer.accumulate / 1000
            rows.append(
                {"seconds": mark, "kimg": kimg, "images_per_second": 1000 * kimg / spent} | judge(drawn.numpy())
            )
            print(name, seed, {key: round(value, 3) for key, value in rows[-1].items()}, flush=True)
    known = {"parameters": sum(parameter.numel() for parameter in trainer.GAN.G.parameters()), "peak_bytes": None}
    choices = {"family": name}  # as in benchmarks/recipes.py, whose page reads it
    write_json(out / f"{name}_{seed}.json", {"recipe": name, "seed": seed, "marks": rows, "choices": choices} | known)


def batches(array: np.ndarray, batch: int, seed: int) -> Iterator[Tensor]:
    """(batch, 3, S, S) in [0, 1], forever, each image mirrored half of the time as ours are."""
    rng = np.random.default_rng(seed)
    while True:
        some = array[rng.integers(0, len(array), batch)]
        mirrored = np.where(rng.random((batch, 1, 1, 1)) < 0.5, some[..., ::-1], some)
        yield torch.from_numpy(mirrored.copy()).float() / 255


if __name__ == "__main__":
    typer.run(main)
