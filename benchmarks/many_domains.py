"""24 domains from one StyleGAN2: 24 generators, 24 small sets of numbers, or one hypernetwork.

    OMP_NUM_THREADS=1 python benchmarks/many_domains.py models/source/weights data/prepared/cats/images.npy out

Domains are styles of the images that the source was trained on, (N, 3, S, S) uint8, so what its images should look like
in each is known. Each way sees --kimg thousand images of each domain, from one seed. Writes out/domains.csv, a row per
domain and way, out/ways.csv, their medians with bytes and core-seconds, and out/domains.png; what is trained stays.
"""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
import yaml
from domains import RATES

from frugalgan.config.sections import GanRecipe, Part, Start
from frugalgan.data.facts import IMAGES, LABELS, DataFacts
from frugalgan.data.images import enlarged_grid, write_png
from frugalgan.data.styles import STYLES, styled
from frugalgan.evaluation.features import extractor
from frugalgan.evaluation.metrics.content import content_kept
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.metrics.sliced_wasserstein import SlicedWasserstein
from frugalgan.evaluation.metrics.variety import variety
from frugalgan.files import read_json, write_json
from frugalgan.methods.stylegan2 import StyleGan2 as Losses
from frugalgan.networks.sampling import images_of, latents
from frugalgan.networks.store import load_generator
from frugalgan.networks.stylegan2 import StyleGan2
from frugalgan.training.recipe import Job, Recipe
from frugalgan.training.run import run
from frugalgan.training.settings import Training

BOTH: tuple[Part, ...] = ("generator", "critic")
BATCH, N, Z_SEED = 8, 250, 2022
LIGHT = GanRecipe(learning_rate=0.02)  # of few numbers (StyleDomain, arXiv:2212.10229)
ONE = ("hypernetwork", "hypernetwork_plus")  # ways that have one model for all domains
WAYS: dict[str, tuple[Start, GanRecipe]] = {
    "fine-tuned": (Start(weights=BOTH), GanRecipe()),
    "affine_plus": (Start(weights=BOTH, adaptation="affine_plus"), LIGHT),
    "domain vector": (Start(weights=BOTH, adaptation="domain_vector"), LIGHT),
    "domain_vector_plus": (Start(weights=BOTH, adaptation="domain_vector_plus"), LIGHT),
    "hypernetwork": (Start(weights=BOTH, adaptation="hypernetwork"), GanRecipe()),
    "hypernetwork_plus": (Start(weights=BOTH, adaptation="hypernetwork_plus"), GanRecipe()),
}
EXTRACTOR, SHOWN = "efficientnet_lite0_mid64", 3


def main(
    source: Annotated[Path, typer.Argument(help="the source's weights, a folder per seed")],
    images: Annotated[Path, typer.Argument(help="what it was trained on, (N, 3, S, S) uint8")],
    out: Annotated[Path, typer.Argument(help="folder for models and results")],
    kimg: Annotated[float, typer.Option(help="thousands of images of each domain")] = 2.4,
    domains: Annotated[int, typer.Option(help="how many styles, in their order")] = 24,
    ways: Annotated[list[str], typer.Option(help=f"of {', '.join(WAYS)}")] = list(WAYS),
) -> None:
    real, names = np.load(images), list(STYLES)[:domains]
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    (seed_folder,) = source.iterdir()
    size = {key: value for key, value in params["networks"]["style"].items() if key != "family"}
    learnt = Recipe(Losses(**params["stylegan2"] | RATES), StyleGan2(**size), facts(real))
    training = Training(**params["training"])
    z = latents(N, size["latent_size"], Z_SEED)
    judge = Judge(real, images_of(load_generator(seed_folder), z).numpy())
    rows: list[dict[str, Any]] = []
    shown: dict[tuple[str, str], np.ndarray] = {}
    for way in ways:
        cost: dict[str, float] = {}
        if way in ONE:
            folder = prepared(out, "hypernetwork", np.concatenate([styled(real, name) for name in names]), names)
            cost = train(learnt, training, way, way, folder, source, kimg * domains, names)
        for label, name in enumerate(names):
            if way not in ONE:
                folder = prepared(out, name, styled(real, name))
                cost = train(learnt, training, way, f"{name}_{way}", folder, source, kimg)
            G = load_generator(out / "models" / (way if way in ONE else f"{name}_{way}") / "weights" / "0")
            y = torch.full((N,), label) if way in ONE else None
            shown[way, name] = images_of(G, z, y).numpy()
            rows.append({"domain": name, "way": way} | judge(shown[way, name], name) | cost)
            print(rows[-1], flush=True)
    pd.DataFrame(rows).to_csv(out / "domains.csv", index=False, lineterminator="\n")
    medians = pd.DataFrame([summary(way, [row for row in rows if row["way"] == way]) for way in ways])
    medians.to_csv(out / "ways.csv", index=False, lineterminator="\n")
    print(medians.to_markdown(index=False))
    pictures = [
        np.concatenate([judge.true(name)[:SHOWN], *(shown[way, name][:SHOWN] for way in ways)]) for name in names
    ]
    write_png(out / "domains.png", enlarged_grid(np.concatenate(pictures), columns=SHOWN * (1 + len(ways))))


def summary(way: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over domains of a way's quality, and what all of them cost together."""
    costs = ("KiB", "core-seconds")
    medians = {
        key: float(np.median([row[key] for row in rows])) for key in rows[0] if key not in ("domain", "way", *costs)
    }
    one = way in ONE  # each row has the costs of all
    return {"way": way} | medians | {key: rows[0][key] if one else sum(row[key] for row in rows) for key in costs}


def facts(images: np.ndarray, labels: list[str] | None = None) -> DataFacts:
    """Of prepared images."""
    return DataFacts(images.shape[2], images.shape[1], mirror=True, labels=tuple(labels or ()))


def prepared(out: Path, name: str, images: np.ndarray, labels: list[str] | None = None) -> Path:
    """A folder as training reads it; with `labels`, images are of the first, then as many of the second, and so on."""
    folder = out / "data" / name
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / IMAGES, images)
    if labels:
        np.save(folder / LABELS, np.repeat(np.arange(len(labels)), len(images) // len(labels)))
    return folder


def train(
    learnt: Recipe,
    training: Training,
    way: str,
    name: str,
    data: Path,
    source: Path,
    kimg: float,
    labels: list[str] | None = None,
) -> dict[str, float]:
    """Adapt what was `learnt` before to the images of folder `data`, unless that is done; what it cost."""
    start, recipe = WAYS[way]
    out = data.parents[1]
    model, known = out / "models" / name, out / "models" / name / "cost.json"
    if not known.is_file():
        begun = time.process_time()
        assert isinstance(learnt.method, Losses)
        data_facts = facts(np.load(data / IMAGES, mmap_mode="r"), labels)
        job = Recipe(learnt.method.with_recipe(recipe), learnt.family, data_facts, start, learnt)
        run(
            Job(name, job, training, kimg, BATCH, moment_samples=6, seeds=(0,)),
            data=data,
            out=model,
            snapshots=out / "snapshots",
            source=source,
            forget=True,
        )
        own = read_json(model / "record" / "0" / "record.json", hint="train it again")["own_bytes"]
        write_json(known, {"KiB": own / 1024, "core-seconds": time.process_time() - begun})
    return json.loads(known.read_text(encoding="utf-8"))


class Judge:
    """How near images are to real ones in a style, and how much of the source's pictures they keep."""

    def __init__(self, real: np.ndarray, source: np.ndarray) -> None:
        self.network, self.real, self.source = extractor(EXTRACTOR), real, source
        self.known: dict[str, tuple[np.ndarray, np.ndarray, SlicedWasserstein]] = {}

    def true(self, style: str) -> np.ndarray:
        """The source's images in that style."""
        return styled(self.source, style)

    def __call__(self, images: np.ndarray, style: str) -> dict[str, float]:
        if style not in self.known:
            real = styled(self.real, style)
            near = self.network(real, batch_size=8), self.network(self.true(style), batch_size=8)
            self.known[style] = (*near, SlicedWasserstein(real, 0))
        real, true, pixels = self.known[style]
        found = self.network(images, batch_size=8)
        return {
            "distance": frechet_distance(found, real),
            "of the true style": frechet_distance(true, real),
            "swd": pixels(images),
            "content": content_kept(found, true),
            "variety": variety(found, real),
        }


if __name__ == "__main__":
    typer.run(main)
