"""The command `frugalgan`: a look at params and results; stages are run by `dvc repro`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
import yaml

from frugalgan import params

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.command("params")
def show_params() -> None:
    """The numbers in force at the chosen scale, as YAML."""
    from frugalgan.methods.configured import configured  # imports torch, which takes a second

    try:
        sections = asdict(params.load()) | {name: asdict(method) for name, method in configured().items()}
    except params.ParamsError as error:
        raise SystemExit(f"frugalgan: {error}") from None
    typer.echo(yaml.safe_dump(sections, sort_keys=False), nl=False)


@app.command("results")
def show_results(
    results: Annotated[Path, typer.Option(help="folder that the stage `compare` wrote")] = Path("results"),
) -> None:
    """The comparison of all models: distances (less is better), memory (MiB), time (seconds)."""
    page = results / "comparison.md"
    if not page.is_file():
        raise SystemExit(f"frugalgan: {page}: no such file; `dvc repro` makes it")
    typer.echo(page.read_text(encoding="utf-8"), nl=False)
    typer.echo(f"\nPictures: {results / 'figures'}, {results / 'samples'}")
