"""A new domain from its pictures, without training: a mixture of domains that are known.

    OMP_NUM_THREADS=1 python benchmarks/many_domains.py SOURCE IMAGES OUT --ways domain_vector_plus
    OMP_NUM_THREADS=1 python benchmarks/new_domains.py SOURCE IMAGES OUT --way domain_vector_plus

What few numbers change in a generator adds up. So for a domain that nobody trained, take Σ share · numbers of the
others; shares are those of kernel ridge regression from pictures (their colours, and a network's mean features) to
numbers, the source itself among them with numbers of 0. Each domain of OUT is left out in turn. Beside the mixture
stand the domain's own numbers, those of the domain whose pictures are nearest, and the source. The ridge is chosen by
leaving out each of the others. Writes OUT/new_<way>.csv
and .png.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer
from many_domains import EXTRACTOR, Z_SEED, Judge, N
from safetensors.torch import load_file

from frugalgan.data.images import enlarged_grid, write_png
from frugalgan.data.styles import STYLES, styled
from frugalgan.evaluation.features import extractor
from frugalgan.networks import Network
from frugalgan.networks.sampling import images_of, latents
from frugalgan.networks.store import load_generator

RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0)
DESCRIBED, SHOWN = 200, 3  # pictures of a domain that are looked at; images of each in the picture
FILE = "generator.safetensors"


def main(
    source: Annotated[Path, typer.Argument(help="the source's weights, a folder per seed")],
    images: Annotated[Path, typer.Argument(help="what it was trained on, (N, 3, S, S) uint8")],
    out: Annotated[Path, typer.Argument(help="where many_domains.py left its models")],
    way: Annotated[str, typer.Option(help="in which each domain has few numbers of its own: domain_vector_plus")],
) -> None:
    real, (seed_folder,) = np.load(images), source.iterdir()
    names = [name for name in STYLES if (out / "models" / f"{name}_{way}").is_dir()]
    if len(names) < 2:
        raise typer.BadParameter(f"{out}/models: has no two domains by {way}: run many_domains.py --ways {way}")
    folders = [out / "models" / f"{name}_{way}" / "weights" / "0" for name in names]
    G, base = load_generator(folders[0]), load_file(seed_folder / FILE)
    changes = torch.stack([changed(load_file(folder / FILE), base) for folder in folders]).numpy()
    numbers = np.concatenate([changes, np.zeros_like(changes[:1])])  # the source's are 0
    kernel = kernel_of([describe(styled(real, name)) for name in names] + [describe(real)])
    z = latents(N, G.latent_size, Z_SEED)
    judge = Judge(real, images_of(load_generator(seed_folder), z).numpy())
    rows, shown = [], []
    for place, name in enumerate(names):
        rest = np.delete(np.arange(len(numbers)), place)
        inside = kernel[np.ix_(rest, rest)]
        ridge = min(RIDGES, key=lambda one: float(np.square(misses(inside, numbers[rest], one)).sum()))
        shares = np.linalg.solve(inside + ridge * np.eye(len(rest)), kernel[rest, place])
        distances = kernel[rest, rest] - 2 * kernel[rest, place]
        ways = {
            "own numbers": numbers[place],
            "mixture": shares @ numbers[rest],
            "nearest": numbers[rest][distances.argmin()],
            "source": 0 * numbers[place],
        }
        drawn = {key: draw(G, base, value, z) for key, value in ways.items()}
        for key, pixels in drawn.items():
            rows.append({"domain": name, "numbers": key} | judge(pixels, name))
            print(rows[-1], flush=True)
        shown.append(np.concatenate([judge.true(name)[:SHOWN], *(pixels[:SHOWN] for pixels in drawn.values())]))
    table = pd.DataFrame(rows)
    table.to_csv(out / f"new_{way}.csv", index=False, lineterminator="\n")
    print(f"medians over {len(names)} domains")
    print(table.groupby("numbers", sort=False).median(numeric_only=True).to_markdown())
    write_png(out / f"new_{way}.png", enlarged_grid(np.concatenate(shown), columns=5 * SHOWN))


def changed(own: dict[str, torch.Tensor], base: dict[str, torch.Tensor]) -> torch.Tensor:
    """What a model's own numbers change in the source's, one after the other in the order of their names."""
    return torch.cat([(own[key] - base.get(key, torch.zeros_like(own[key]))).flatten() for key in sorted(own)])


@torch.no_grad()
def draw(G: Network, base: dict[str, torch.Tensor], numbers: np.ndarray, z: torch.Tensor) -> np.ndarray:
    """Images of z by the source with these changes; `G` is adapted in that way."""
    at, change = 0, torch.from_numpy(numbers).float()
    for key, parameter in sorted(G.named_parameters()):
        if parameter.requires_grad:
            own = change[at : at + parameter.numel()].view_as(parameter)
            parameter.copy_(base.get(key, torch.zeros_like(own)) + own)
            at += parameter.numel()
    assert at == len(change)
    return images_of(G, z).numpy()


def describe(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the pictures of a domain: means, standard deviations and covariances of their colours; mean features."""
    pixels = pictures[:DESCRIBED].astype(np.float64) / 255
    spread = np.cov(pixels.transpose(1, 0, 2, 3).reshape(3, -1))[np.triu_indices(3)]
    colours = np.concatenate([pixels.mean(axis=(0, 2, 3)), pixels.std(axis=(2, 3)).mean(axis=0), spread])
    return colours, extractor(EXTRACTOR)(pictures[:DESCRIBED], batch_size=8).mean(axis=0)


def kernel_of(described: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """(n, n): half by colours, half by features; relative to the last, which is the source."""
    halves = []
    for part in zip(*described, strict=True):
        values = np.stack(part) - part[-1]
        values /= np.sqrt(np.square(values).sum(axis=1).mean())
        halves.append(values @ values.T)
    return np.mean(halves, axis=0)


def misses(kernel: np.ndarray, numbers: np.ndarray, ridge: float) -> np.ndarray:
    """(n, k): what each misses by where it is left out, in closed form."""
    inverse = np.linalg.inv(kernel + ridge * np.eye(len(kernel)))
    return (inverse @ numbers) / np.diag(inverse)[:, None]


if __name__ == "__main__":
    typer.run(main)
