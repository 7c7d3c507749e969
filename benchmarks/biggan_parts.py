"""What each part of BigGAN brings and costs: rows for models.yaml, one per part, and what came of them.

    git clone . parts && cd parts
    python benchmarks/biggan_parts.py rows --source /photographs --kimg 8
    frugalgan repro
    python benchmarks/biggan_parts.py seconds
    python benchmarks/biggan_scores.py docs/biggan/animals

`seconds` times all rows side by side, with nothing else on the machine, so training itself may share it. `rows`
replaces models.yaml and sections of params.yaml in this folder, so run it in a clone. Every part is added to a
baseline (SAGAN's) alone and removed from the full BigGAN alone; beside them stands a WGAN-GP of as many seconds.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import matplotlib

matplotlib.use("agg")
import numpy as np
import pandas as pd
import typer
import yaml
from matplotlib import pyplot as plt
from rows import PARAMS, seconds_per_kimg, write

from frugalgan.config.study import load
from frugalgan.files import write_json

SECONDS = Path("seconds.json")
Changes = dict[str, Any]  # of a row: keys of its networks, recipe and budget
BASELINE, FULL = "baseline", "full"
ROUNDS = 9  # three rounds were good to 20 % only
NETWORKS = ("attention", "spectral", "conditional_norm", "shared", "skip_z", "projection", "initialisation", "width")
SAGAN: Changes = {"shared": 0, "skip_z": False, "initialisation": "xavier"}
BIGGAN: Changes = {"orthogonal": 5e-5}
# Part → what adds it to the baseline; these are BigGAN's own.
ADDED: dict[str, Changes] = {
    "shared embedding": {"shared": 128},
    "skip-z": {"skip_z": True},
    "orthogonal regularisation": {"orthogonal": 5e-5},
    "orthogonal initialisation": {"initialisation": "orthogonal"},
    "batch x 2": {"batch": 2},
    "batch x 4": {"batch": 4},
    "width x 1.5": {"width": 1.5},
}
# Part → what removes it from the full model.
REMOVED: dict[str, Changes] = {
    "shared embedding": {"shared": 0},
    "skip-z": {"skip_z": False},
    "orthogonal regularisation": {"orthogonal": 0.0},
    "orthogonal initialisation": {"initialisation": "xavier"},
    "attention": {"attention": 0},
    "spectral norm in G": {"spectral": ["critic"]},
    "spectral norm in D": {"spectral": ["generator"]},
    "conditional norms": {"conditional_norm": False, "shared": 0},
    "projection": {"projection": False},
    "TTUR": {"learning_rate": 7e-4, "critic_learning_rate": 7e-4},
    "running average": {"ema_kimg": 0.0},
}
app = typer.Typer(add_completion=False, help=__doc__)


def key_of(part: str) -> str:
    return part.replace(" ", "_").replace("-", "_").replace(".", "_").lower()


def all_rows() -> dict[str, Changes]:
    """Row → how it differs from the section `biggan` of params.yaml."""
    rows = {BASELINE: SAGAN, FULL: BIGGAN}
    rows |= {f"with_{key_of(part)}": SAGAN | changes for part, changes in ADDED.items()}
    return rows | {f"without_{key_of(part)}": BIGGAN | changes for part, changes in REMOVED.items()}


@app.command()
def rows(
    source: Annotated[str, typer.Option(help="of the data set: drawn, mnist, or a folder with a folder per class")],
    kimg: Annotated[float, typer.Option(help="thousands of images that each model sees")] = 8.0,
    batch: Annotated[int, typer.Option(help="images per update of the baseline")] = 8,
    width: Annotated[int, typer.Option(help="of all networks; a multiple of 8")] = 8,
    seeds: Annotated[int, typer.Option(help="trainings of each row")] = 3,
    grey: Annotated[bool, typer.Option(help="for digits: grey, and never mirrored")] = False,
    count: Annotated[int, typer.Option(help="drawn faces of each kind")] = 300,
) -> None:
    """Write models.yaml and params.yaml of this folder."""
    params = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    data = params["datasets"]["animals"] | {"source": source, "count": count, "samples": 250}
    if grey:
        data |= {"subject": "any", "colour": False, "mirror": False}
    params["datasets"] = {"pictures": data}
    full = params["networks"]["biggan"] | {"width": width}
    dcgan = params["networks"]["digits_conditional"] | {"latent_size": 100, "generator_width": 256, "critic_width": 32}
    params["networks"], params["recipes"], params["budgets"] = {"dcgan": dcgan}, {"plain": {}}, {}
    params["students"], params["pools"], params["starts"] = [], {}, {"random": {}}
    params["compare"]["pairs"] = [f"* / {BASELINE}", f"* / {FULL}"]
    params["evaluate"]["truncation"]["models"] = [FULL, "without_orthogonal_regularisation"]
    models = {}

    def row(name: str, method: str, networks: Changes, recipe: Changes, budget: Changes) -> None:
        params["networks"][name], params["recipes"][name], params["budgets"][name] = networks, recipe, budget
        words = {"data": "pictures", "from": "random", "start": "random", "seeds": seeds}
        models[name] = words | {"method": method, "networks": name, "recipe": name, "budget": name}

    for name, changes in all_rows().items():
        changes = dict(changes)
        budget = {"kimg": kimg, "batch_size": batch * changes.pop("batch", 1)}
        if "width" in changes:
            changes["width"] = int(width * changes["width"])
        networks = full | {key: changes.pop(key) for key in NETWORKS if key in changes}
        row(name, "hinge", networks, changes, budget)
    equal = {"kimg": kimg, "batch_size": batch}
    row("wgan_gp_same_networks", "wgan_gp", full | {"spectral": ["generator"]}, BIGGAN, dict(equal))
    row("wgan_gp_dcgan", "wgan_gp", dcgan, {}, dict(equal))
    write(params, models)
    others = ("wgan_gp_same_networks", "wgan_gp_dcgan")
    seconds = seconds_per_kimg((BASELINE, *others), ROUNDS)
    for name in others:
        params["budgets"][name]["kimg"] = round(kimg * seconds[BASELINE] / seconds[name], 2)
    write(params, models)


@app.command("seconds")
def seconds_() -> None:
    """Write seconds.json: seconds of training per thousand images, of each row."""
    write_json(SECONDS, seconds_per_kimg(load().rows, ROUNDS))


def plot(table: pd.DataFrame, file: Path) -> None:
    """A point per part: seconds that it costs, and by what it divides the distance."""
    figure, axis = plt.subplots(figsize=(10, 8), layout="constrained")
    kinds: tuple[tuple[str, dict[str, Changes], str, Callable[[str], tuple[str, str]]], ...] = (
        ("added to the baseline", ADDED, "C0", lambda part: (f"with_{key_of(part)}", BASELINE)),
        ("removed from the full model", REMOVED, "C3", lambda part: (FULL, f"without_{key_of(part)}")),
    )
    for label, parts, colour, names in kinds:
        for part in parts:
            having, lacking = (table.loc[name] for name in names(part))
            cost = 100 * (having["s/kimg"] / lacking["s/kimg"] - 1)
            gain = lacking["distance"] / having["distance"]
            spread = gain * np.hypot(
                having["distance ±"] / having["distance"], lacking["distance ±"] / lacking["distance"]
            )
            axis.errorbar(cost, gain, yerr=spread, fmt="o", color=colour, capsize=2, linewidth=0.6, label=label)
            axis.annotate(part, (cost, gain), xytext=(4, 3), textcoords="offset points", fontsize=7, color=colour)
            label = None
    axis.set_yscale("log", base=2)
    axis.yaxis.set_major_formatter("{x:.3g}")
    axis.axhline(1, color="grey", linewidth=0.6)
    axis.axvline(0, color="grey", linewidth=0.6)
    axis.set_xlabel("costs: further seconds per image, %")
    axis.set_ylabel("brings: distance without it / with it (bars: ± sd over seeds)")
    axis.legend(fontsize=8)
    figure.savefig(file, dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    app()
