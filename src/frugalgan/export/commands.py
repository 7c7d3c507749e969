"""The commands `generate`, `mix` and `export` of trained models."""

from pathlib import Path
from typing import Annotated, Any

import typer

from frugalgan.files import FileError

Model = Annotated[Path, typer.Argument(help="a folder of `frugalgan train`, or models/NAME of a project")]


def generate(
    model: Model,
    out: Annotated[Path | None, typer.Option(help="a new folder for PNG files and grid.png")] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="images")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="of z: the same number, the same images")] = 0,
    label: Annotated[int | None, typer.Option(help="number of a label; not said: each in turn")] = None,
    truncation: Annotated[
        float | None, typer.Option(min=0.01, help="less variety, cleaner images: ± limit of z, or ψ of a StyleGAN2")
    ] = None,
    video: Annotated[Path | None, typer.Option(help="also a walk through z: .mp4 or .gif")] = None,
) -> None:
    """Images of a trained model, on the GPU where there is one."""
    from frugalgan.export.generate import GenerateError, load, write_film, write_images

    if out is None and video is None:
        raise GenerateError("name --out FOLDER for images, --video walk.mp4 for a film, or both")
    G, told = load(model, label)
    if out is not None:
        write_images(G, out, n=n, seed=seed, label=told, truncation=truncation)
        typer.echo(f"{out}: {n} images, grid.png")
    if video is not None:
        write_film(G, video, seed=seed, label=told, truncation=truncation)
        typer.echo(f"{video}: a walk through z")


def mix(
    first: Model,
    second: Annotated[Path, typer.Argument(help="… of another domain, adapted in the same way from the same model")],
    out: Annotated[Path, typer.Option(help="a PNG")],
    n: Annotated[int, typer.Option("-n", min=1, help="z, a row each")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="of z")] = 0,
) -> None:
    """Two domains mixed, from left to right: their source, the first turning into the second, and both added up."""
    from frugalgan.export.mix import write_mixture

    write_mixture(first, second, out, n=n, seed=seed)
    typer.echo(f"{out}: {n} z; the source, {first.name} to {second.name}, the sum of both")


def export(
    model: Model,
    out: Annotated[Path, typer.Option(help="folder for ONNX files and the page; replaced as a whole")],
    title: Annotated[str, typer.Option(help="of the page")] = "",
    runtime: Annotated[
        Path | None, typer.Option(help="onnxruntime-web's folder dist or its archive; not said: npm brings it")
    ] = None,
    no_page: Annotated[bool, typer.Option("--no-page", help="ONNX files alone")] = False,
) -> None:
    """The model for other programs: ONNX in float32 and in 8 bits, and a page that runs it in any browser."""
    from frugalgan.export.generate import load
    from frugalgan.export.write import OWN, write_export

    there = {path.name for path in out.iterdir()} if out.is_dir() else {out.name} if out.exists() else set()
    if foreign := there - OWN:
        raise FileError(f"{out}: holds other things ({min(foreign)}): name a new or an empty folder")
    G, _ = load(model, None, device="cpu")
    facts = write_export(
        G,
        out,
        title=title or f"Images by {model.resolve().name}",
        labels=labels_of(model, G.classes),
        runtime=runtime,
        page=not no_page,
        judge=judge_of(model, G),
    )
    for name in ("float32", "8_bits"):
        typer.echo(f"{name:8} " + ", ".join(f"{key} {value}" for key, value in facts[name].items()))
    if not no_page:
        typer.echo(f"the page: cd {out} && python -m http.server   (then http://localhost:8000)")


def labels_of(model: Path, classes: int) -> tuple[str, ...]:
    """Names of the labels of a model that `frugalgan train` made, else their numbers."""
    from frugalgan.data.facts import FILE, read_facts

    prepared = model / ".work" / "data" / "prepared" / "pictures"
    if classes and (prepared / FILE).is_file():
        return read_facts(prepared).labels
    return tuple(map(str, range(classes)))


def judge_of(model: Path, G: Any) -> Any:
    """What distances of a model that `frugalgan train` made are by; None of any other."""
    from frugalgan.evaluation.features import extractor, load_features
    from frugalgan.evaluation.reference import REFERENCE
    from frugalgan.export.onnx_files import inputs
    from frugalgan.export.write import Judge

    file = model / ".work" / "data" / "reference" / "pictures.npz"
    if not file.is_file():
        return None
    real = load_features(file)[REFERENCE]
    network = extractor(real.provenance.extractor)
    return Judge(inputs(G, real.provenance.n, 2022), lambda pixels: _distances(network, real, pixels))


def _distances(extractor: Any, real: Any, pixels: Any) -> dict[str, float]:
    """The distance of all images, and the standard deviation over halves of them drawn at random."""
    import numpy as np

    from frugalgan.evaluation.metrics.frechet import frechet_distance

    features = extractor(pixels, batch_size=16)
    rng = np.random.default_rng(0)
    halves = [rng.permutation(len(features))[: len(features) // 2] for _ in range(5)]
    spread = float(np.std([frechet_distance(features[half], real.features) for half in halves], ddof=1))
    key = f"fd_{extractor.name}"
    return {key: round(frechet_distance(features, real.features), 3), f"{key}_sd_of_halves": round(spread, 3)}
