"""A peer at equal seconds of processor time: PyPI's lightweight-gan, by its own trainer and defaults, same pictures.

    pip install --target peer --no-deps lightweight-gan einops kornia kornia-rs retry adabelief-pytorch decorator py
    OMP_NUM_THREADS=1 PYTHONPATH=peer:src python benchmarks/peer_lightweight_gan.py images.npy out

The package refuses to be imported without CUDA: its calls of it are replaced while this runs. Same marks, judge and
files as `benchmarks/recipes.py`; pictures are read from memory instead of files, so that reading is not on the clock.
An update takes some 180 core-seconds at 64 px, and a mark is only looked at after one.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from unittest import mock

import numpy as np
import torch
import typer
from recipes import Z_SEED, Judge, N

from frugalgan.data.images import enlarged_grid, to_uint8, write_png
from frugalgan.files import write_json
from frugalgan.networks.sampling import latents

NAME, BATCH, ACCUMULATE = "lightweight_gan", 10, 4  # its command's defaults


class OnCpu:
    """The module `torch`, in which every device is the CPU."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def device(self, *_: Any) -> torch.device:
        return torch.device("cpu")


def main(
    images: Annotated[Path, typer.Argument(help="prepared images, (N, 3, S, S) uint8")],
    out: Annotated[Path, typer.Argument(help="folder for results")],
    seconds: Annotated[list[float], typer.Option(help="marks of the clock, in core-seconds of training")] = [200, 600],
    seed: Annotated[int, typer.Option(help="of the training")] = 0,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    array = np.load(images)
    training, _ = np.split(array, [len(array) * 4 // 5])
    judge, size = Judge(training), training.shape[2]
    torch.manual_seed(seed)
    with mock.patch("torch.cuda.is_available", lambda: True):
        from lightweight_gan import lightweight_gan as peer  # pyright: ignore[reportMissingImports]
    with (
        mock.patch.object(torch.Tensor, "cuda", lambda self, *_: self),
        mock.patch.object(torch.nn.Module, "cuda", lambda self, *_: self),
        mock.patch.object(peer, "torch", OnCpu()),
    ):
        trainer: Any = peer.Trainer(
            name=NAME,
            base_dir=out / "peer",
            image_size=size,
            batch_size=BATCH,
            gradient_accumulate_every=ACCUMULATE,
            attn_res_layers=[32],
            disc_output_size=1,
            aug_prob=min(0.5, (1e5 - len(training)) * 3e-6),  # as it chooses it for few pictures
            aug_types=["cutout", "translation"],
            use_aim=False,
        )
        trainer.loader = batches(training, seed)
        trainer.save = trainer.evaluate = lambda *_, **__: None
        spent, rows = 0.0, []
        for mark in sorted(seconds):
            while spent < mark:
                begun = time.process_time()
                trainer.train()
                spent += (step := time.process_time() - begun)
                if step > mark:
                    raise SystemExit(f"{NAME}: one update takes {step:.0f} s here: choose --seconds above that")
            with torch.no_grad():
                z = latents(N, trainer.GAN.latent_dim, Z_SEED)
                # its running average begins after 20,000 steps, so these are the weights themselves
                drawn = torch.cat([to_uint8(2 * trainer.GAN.G(part).clamp(0, 1) - 1) for part in z.split(20)]).numpy()
            write_png(out / f"{NAME}_{seed}_{mark:g}.png", enlarged_grid(drawn[:32], columns=8))
            kimg = trainer.steps * BATCH * ACCUMULATE / 1000
            rows.append({"seconds": mark, "kimg": kimg, "images_per_second": 1000 * kimg / spent} | judge(drawn))
            print(NAME, seed, {key: round(value, 3) for key, value in rows[-1].items()}, flush=True)
    known = {"parameters": sum(parameter.numel() for parameter in trainer.GAN.G.parameters()), "peak_bytes": None}
    choices = {"family": NAME}  # as in benchmarks/recipes.py, whose page reads it
    write_json(out / f"{NAME}_{seed}.json", {"recipe": NAME, "seed": seed, "marks": rows, "choices": choices} | known)


def batches(array: np.ndarray, seed: int) -> Iterator[torch.Tensor]:
    """(BATCH, 3, S, S) in [0, 1], forever, each image mirrored half of the time as ours are."""
    rng = np.random.default_rng(seed)
    while True:
        some = array[rng.integers(0, len(array), BATCH)]
        mirrored = np.where(rng.random((BATCH, 1, 1, 1)) < 0.5, some[..., ::-1], some)
        yield torch.from_numpy(mirrored.copy()).float() / 255


if __name__ == "__main__":
    typer.run(main)
