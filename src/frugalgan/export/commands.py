"""The commands `generate`, `mix` and `export` of trained models."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan.files import FileError, check_target

Model = Annotated[Path, typer.Argument(help="a folder of `frugalgan train`, or models/NAME of a project")]


def generate(
    model: Model,
    out: Annotated[Path | None, typer.Option(help="a new folder for PNG files and grid.png")] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="images")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="of z: the same number, the same images")] = 0,
    label: Annotated[int | None, typer.Option(help="number of a label; default: each in turn")] = None,
    truncation: Annotated[
        float | None, typer.Option(min=0.01, help="less variety, cleaner images: ± limit of z, or ψ of a StyleGAN2")
    ] = None,
    video: Annotated[Path | None, typer.Option(help="also a walk through z: .mp4 or .gif")] = None,
) -> None:
    """Images of a trained model, on the GPU where there is one."""
    from frugalgan.export.generate import GenerateError, check_film, load, write_film, write_images

    if out is None and video is None:
        raise GenerateError("name --out FOLDER for images, --video walk.mp4 for a film, or both")
    if video is not None:
        check_film(video)
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
        Path | None, typer.Option(help="onnxruntime-web's folder dist or its archive; default: brought by npm")
    ] = None,
    no_page: Annotated[bool, typer.Option("--no-page", help="ONNX files alone")] = False,
) -> None:
    """The model for other programs: ONNX in float32 and in 8 bits, and a page that runs it in any browser."""
    from frugalgan.export.generate import load
    from frugalgan.export.made import comparison_of, labels_of
    from frugalgan.export.write import FACTS, OWN, write_export

    check_target(out, folder=True)
    there = {path.name for path in out.iterdir()} if out.is_dir() else set[str]()
    if foreign := there - (OWN if FACTS in there else set()):
        raise FileError(f"{out}: holds other things ({min(foreign)}): name a new or an empty folder")
    G, _ = load(model, None, device="cpu")
    facts = write_export(
        G,
        out,
        title=title or f"Images by {model.resolve().name}",
        labels=labels_of(model, G.classes),
        runtime=runtime,
        page=not no_page,
        comparison=comparison_of(model, G),
    )
    for name in ("float32", "8_bits"):
        typer.echo(f"{name:8} " + ", ".join(f"{key} {value}" for key, value in facts[name].items()))
    if not no_page:
        typer.echo(f"the page: cd {out} && python -m http.server   (then http://localhost:8000)")
