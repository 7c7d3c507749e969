"""Ways to adapt a trained StyleGAN2 to other domains, on pictures of one's own: rows for models.yaml, and a table.

    git clone . domains && cd domains
    python benchmarks/domains.py rows --cats /photographs/cats --dogs /photographs/dogs
    frugalgan repro
    python benchmarks/domains.py page docs/domains

`rows` replaces models.yaml and sections of params.yaml in this folder, so run it in a clone. Domains: styles, which are
near, and dogs, which are not. Beside single domains stands one hypernetwork for all styles.
"""

from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import pandas as pd
import typer
import yaml
from rows import PARAMS, write

from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.data.images import enlarged_grid, write_png
from frugalgan.files import read_json
from frugalgan.networks.sampling import SAMPLES, images_of, latents
from frugalgan.networks.store import load_generator

STYLES = ("pencil", "night")
SOURCE, HYPERNETWORK, LIGHT = "source", "hypernetwork", "light"
BOTH = {"weights": ["generator", "critic"]}
# The learning rates of StyleDomain (arXiv:2212.10229), of the source and of whole layers; `light` has the others'.
RATES = {"learning_rate": 0.005, "critic_learning_rate": 0.005}
# Way → start, recipe.
WAYS: dict[str, tuple[dict[str, Any], str]] = {
    "full": (BOTH, "plain"),
    "frozen_layers": (BOTH | {"generator_layers": 2, "critic_layers": 1}, "plain"),
    "affine_plus": (BOTH | {"adaptation": "affine_plus"}, LIGHT),
    "affine": (BOTH | {"adaptation": "affine"}, LIGHT),
    "affine_light": (BOTH | {"adaptation": "affine_light"}, LIGHT),
    "style_space": (BOTH | {"adaptation": "style_space"}, LIGHT),
    "domain_vector_plus": (BOTH | {"adaptation": "domain_vector_plus"}, LIGHT),
    "domain_vector": (BOTH | {"adaptation": "domain_vector"}, LIGHT),
}
FEW = ("full", "affine_plus", "domain_vector")  # ways that few pictures are tried with
FEW_DOMAINS = ("pencil", "dogs")
SHOWN = 8  # images of a model in the grid
app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def rows(
    cats: Annotated[str, typer.Option(help="a folder of pictures for the source: or drawn")],
    dogs: Annotated[str, typer.Option(help="a folder of pictures of the other domain: or drawn")],
    source_kimg: Annotated[float, typer.Option(help="thousands of images that the source sees")] = 40.0,
    kimg: Annotated[
        float, typer.Option(help="… and each adapted model; the hypernetwork as many for each style")
    ] = 5.0,
    seeds: Annotated[int, typer.Option(help="trainings of each adapted model, all from one source")] = 3,
    pictures: Annotated[list[int], typer.Option(help="also few-shot: so many pictures of a domain")] = [],
) -> None:
    """Write models.yaml and params.yaml of this folder."""
    params = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    like = params["datasets"]["cats"] | {"crop": "centre", "samples": 250, "subject": "any", "source": cats}
    data = {"cats": like} | {style: like | {"style": style} for style in STYLES}
    data |= {"dogs": like | {"source": dogs}, "styles": like | {"style": " + ".join(STYLES), "labels": True}}
    for name, subject in (("cats", "cat"), ("dogs", "dog")):
        if data[name]["source"] == "drawn":
            data[name] |= {"subject": subject}
    params["datasets"] = data
    params["networks"] = {"style": params["networks"]["style"]}
    params["stylegan2"] |= RATES
    params["starts"] = {"random": {}} | {way: start for way, (start, _) in WAYS.items()}
    params["starts"][HYPERNETWORK] = BOTH | {"adaptation": HYPERNETWORK}
    params["recipes"] = {"plain": {}, LIGHT: params["recipes"][LIGHT]}
    params["budgets"] = {
        SOURCE: {"kimg": source_kimg, "batch_size": 8},
        "adapted": {"kimg": kimg, "batch_size": 8},
        HYPERNETWORK: {"kimg": len(STYLES) * kimg, "batch_size": 8},
    }
    params["students"], params["pools"] = [], {}
    domains = (*STYLES, "dogs")
    params["compare"]["pairs"] = [
        f"{domain}_{way} / {domain}_full" for domain in domains for way in WAYS if way != "full"
    ]
    params["evaluate"]["truncation"]["models"] = []
    words = {"method": "stylegan2", "networks": "style", "from": SOURCE}
    models = {SOURCE: words | {"data": "cats", "from": "random", "start": "random", "budget": SOURCE} | one("plain")}
    for domain in domains:
        for way, (_, recipe) in WAYS.items():
            models[f"{domain}_{way}"] = words | {
                "data": domain,
                "start": way,
                "budget": "adapted",
                "recipe": recipe,
                "seeds": seeds,
            }
    for few in pictures:
        params["budgets"][f"few_{few}"] = {"kimg": kimg, "batch_size": 8, "pictures": few}
        for domain in FEW_DOMAINS:
            pairs = params["compare"]["pairs"]
            pairs += [f"{domain}_{way}_{few} / {domain}_full_{few}" for way in FEW if way != "full"]
            for way in FEW:
                models[f"{domain}_{way}_{few}"] = models[f"{domain}_{way}"] | {"budget": f"few_{few}"}
    models[HYPERNETWORK] = words | {"data": "styles", "start": HYPERNETWORK, "budget": HYPERNETWORK} | one("plain")
    write(params, models)


def one(recipe: str) -> dict[str, Any]:
    """Words of a row that is trained once."""
    return {"recipe": recipe, "seeds": 1}


@app.command()
def page(out: Annotated[Path, typer.Argument(help="folder for photographs.csv and photographs.jpg")]) -> None:
    """Write the table of all ways and domains, means ± sd over seeds; and the same z in every domain."""
    out.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame([values(name) for name in load().rows])
    table.to_csv(out / "photographs.csv", index=False, lineterminator="\n")
    print(table.to_markdown(index=False))
    models = [SOURCE, *(f"{domain}_{way}" for domain in (*STYLES, "dogs") for way in WAYS)]
    shown = [np.load(places.samples(name) / SAMPLES, mmap_mode="r")[0, :SHOWN] for name in models]
    G = load_generator(places.weights(HYPERNETWORK) / "0")
    z = latents(SHOWN, G.latent_size, load().raw["evaluate"]["seed"])
    labels = np.arange(len(STYLES))
    shown += [images_of(G, z, z.new_full((SHOWN,), int(label)).long()).numpy() for label in labels]
    grid = out / "photographs.png"
    write_png(grid, enlarged_grid(np.concatenate(shown), columns=SHOWN))
    picture = cv2.imread(str(grid))
    assert picture is not None
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(out / "photographs.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 88])
    grid.unlink()


def values(name: str) -> dict[str, Any]:
    """What the table has of a model."""
    found = read_json(places.evaluation(name), hint="run `frugalgan repro`")
    record, own = found["records"][0], {}
    row = {"model": name, "data": found["data"], "seeds": len(found["seeds"])}
    keys = {"distance": found["distance"], "swd": "swd", "recall": "recall", "coverage": "coverage"}
    for title, key in keys.items():
        own[title] = [quality[key] if key in quality else quality_by(quality, key) for quality in found["quality"]]
    content = [value for quality in found["quality"] for key, value in quality.items() if key.startswith("content")]
    if content:
        own["content"] = content
    for title, numbers in own.items():
        row[title] = round(float(np.mean(numbers)), 4)
        row[f"{title} ±"] = round(float(np.std(numbers, ddof=1)), 4) if len(numbers) > 1 else None
    row |= {"trained numbers": record["trained_parameters"], "own KiB": round(record["own_bytes"] / 1024, 1)}
    row |= {"peak MiB": round(record["peak_training_bytes"] / 2**20, 1)}
    return row | {"seconds": round(float(np.mean([record["seconds"] for record in found["records"]])))}


def quality_by(quality: dict[str, Any], name: str) -> float:
    """The metric of that name by whichever network."""
    return next(value for key, value in quality.items() if key.startswith(name) and isinstance(value, float))


if __name__ == "__main__":
    app()
