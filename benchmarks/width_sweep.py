"""How small before it shows? Students of several widths beside the same networks trained alone for the same seconds.

    git clone . widths && cd widths
    python benchmarks/width_sweep.py rows --cats /photographs/cats
    frugalgan repro
    python benchmarks/width_sweep.py page docs/widths

`rows` replaces models.yaml and sections of params.yaml in this folder, so run it in a clone. A student's seconds are
the teacher's and its own: the network alone is trained for as many. Every model is exported; `page` draws distance
against bytes, of float32 and 8 bits. Run `rows` with nothing beside it, for it times steps.
"""

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

from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.data.images import enlarged_grid, write_png
from frugalgan.files import read_json
from frugalgan.networks.sampling import SAMPLES

DIVISORS = (2, 4, 8, 16)  # of the teacher's width
TEACHER, KINDS = "teacher", {"student": "kd", "features": "kd_features", "alone": "wgan_gp"}
ROUNDS, SHOWN = 5, 10
app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def rows(
    cats: Annotated[str, typer.Option(help="a folder of pictures, or drawn")],
    teacher_kimg: Annotated[float, typer.Option(help="thousands of images that the teacher sees")] = 30.0,
    kimg: Annotated[float, typer.Option(help="… and each student")] = 10.0,
    seeds: Annotated[int, typer.Option(help="trainings of each student, all of one teacher")] = 3,
) -> None:
    """Write models.yaml and params.yaml of this folder."""
    params = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    cat = params["datasets"]["cats"] | {"source": cats}
    params["datasets"] = {"cats": cat if cats == "drawn" else cat | {"crop": "centre", "subject": "any"}}
    faces, small = params["networks"]["faces"], params["networks"]["small"]
    params["networks"] = {"faces": faces} | {
        f"width_{by}": small | {"generator_width": faces["generator_width"] // by} for by in DIVISORS
    }
    params["starts"] = {"random": {}, "taught": {"teacher": True}}
    params["recipes"], params["students"], params["pools"] = {"plain": {}}, [], {}
    params["kd_features"] = params["kd"] | {"features": 1.0}
    params["evaluate"]["truncation"]["models"] = []
    params["compare"]["pairs"] = [f"student_{by} / {other}_{by}" for by in DIVISORS for other in ("alone", "features")]
    params["budgets"] = {TEACHER: {"kimg": teacher_kimg, "batch_size": 16}, "student": {"kimg": kimg, "batch_size": 16}}
    models = {TEACHER: row("wgan_gp", "faces", "random", "random", TEACHER, 1)}
    for by in DIVISORS:
        params["budgets"][f"alone_{by}"] = {"kimg": kimg, "batch_size": 16}
        for kind, method in KINDS.items():
            source = ("random", "random", f"alone_{by}") if kind == "alone" else (TEACHER, "taught", "student")
            models[f"{kind}_{by}"] = row(method, f"width_{by}", *source, seeds)
    params["export"] = {"models": list(models), "runtime": "none"}
    write(params, models)
    seconds = seconds_per_kimg(models, ROUNDS)
    for by in DIVISORS:
        total = teacher_kimg * seconds[TEACHER] + kimg * seconds[f"student_{by}"]
        params["budgets"][f"alone_{by}"]["kimg"] = round(total / seconds[f"alone_{by}"], 2)
    write(params, models)


def row(method: str, networks: str, source: str, start: str, budget: str, seeds: int) -> dict[str, Any]:
    """Words of a row of models.yaml."""
    words = {"data": "cats", "method": method, "networks": networks, "from": source, "start": start}
    return words | {"budget": budget, "recipe": "plain", "seeds": seeds}


@app.command()
def page(out: Annotated[Path, typer.Argument(help="folder for widths.csv, widths.png and samples.png")]) -> None:
    """Write the table of all models, means ± sd over seeds, the curve of distance against bytes, and pictures."""
    out.mkdir(parents=True, exist_ok=True)
    names = list(load().rows)
    table = pd.DataFrame([values(name) for name in names]).set_index("model")
    table.to_csv(out / "widths.csv", lineterminator="\n")
    print(table.to_markdown())
    plot(table, out / "widths.png")
    shown = [np.load(places.samples(name) / SAMPLES, mmap_mode="r")[0, :SHOWN] for name in names]
    write_png(out / "samples.png", enlarged_grid(np.concatenate(shown), columns=SHOWN))


def values(name: str) -> dict[str, Any]:
    """What the table has of a model; of 8 bits that of the first seed."""
    found = read_json(places.evaluation(name), hint="run `frugalgan repro`")
    files = read_json(places.exported(name), hint="run `frugalgan repro`")["files"]
    distances = [quality[found["distance"]] for quality in found["quality"]]
    pixels = [quality["swd"] for quality in found["quality"]]
    spread = float(np.std(distances, ddof=1)) if len(distances) > 1 else None
    whole, small = files["float32"], files["8_bits"]
    return {
        "model": name,
        "kimg": found["records"][0]["kimg"],
        "float32 KiB": round(whole["bytes"] / 1024),
        "8 bits KiB": round(small["bytes"] / 1024),
        "distance": round(float(np.mean(distances)), 1),
        "±": None if spread is None else round(spread, 1),
        "of the first seed": round(whole["quality"][found["distance"]], 1),
        "in 8 bits": round(small["quality"][found["distance"]], 1),
        "swd": round(float(np.mean(pixels)), 1),
        "ms": whole["milliseconds_per_image"],
        "ms in 8 bits": small["milliseconds_per_image"],
    }


def plot(table: pd.DataFrame, file: Path) -> None:
    """Distance against bytes: a line for each kind of training, the teacher as a point."""
    figure, axis = plt.subplots(figsize=(8, 5), layout="constrained")
    for kind in KINDS:
        part = table.loc[[f"{kind}_{by}" for by in DIVISORS]]
        line = axis.errorbar(part["float32 KiB"], part["distance"], yerr=part["±"], fmt="o-", capsize=3, label=kind)
        colour = line.lines[0].get_color()
        axis.plot(part["8 bits KiB"], part["in 8 bits"], "x:", color=colour, label=f"{kind}, 8 bits (one seed)")
    axis.plot(*table.loc[TEACHER, ["float32 KiB", "distance"]], "k*", markersize=12, label=TEACHER)
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter("{x:.0f}")
    axis.set_xlabel("KiB of the generator's ONNX file")
    axis.set_ylabel("Fréchet distance (bars: ± sd over seeds)")
    axis.legend(fontsize=8)
    figure.savefig(file, dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    app()
