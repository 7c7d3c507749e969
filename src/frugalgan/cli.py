"""The command `frugalgan`: a look at params and results; stages are run by `dvc repro`."""

import json
import shutil
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


@app.command("plan")
def show_plan(
    scale: Annotated[str | None, typer.Option(help="a scale of params.yaml in place of the chosen one")] = None,
    batch: Annotated[str, typer.Option(help="images per update, such as 8,16,32, in place of the params'")] = "",
    memory: Annotated[str, typer.Option(help="such as 6GiB: adds the largest batch that fits into it")] = "",
    no_time: Annotated[bool, typer.Option("--no-time", help="run no steps: sizes only")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="a list of objects; sizes in bytes, time in seconds")] = False,
) -> None:
    """What training each model will need: parameters, memory (MiB) at the peak of a step, time on this machine.

    Memory is predicted without allocating it; time comes from a few real steps, which need that memory.
    """
    from frugalgan.planning import PlanError, bytes_of, plan
    from frugalgan.report.plan import aligned, terminal_rows

    try:
        try:
            batches = [int(size) for size in batch.split(",") if size]
        except ValueError:
            raise PlanError(f"--batch {batch!r}: must be whole numbers with commas between, such as 8,16,32") from None
        if batches and min(batches) < 1:
            raise PlanError(f"--batch {batch!r}: a batch has at least 1 image")
        limit = bytes_of(memory) if memory else None
        rows = list(plan(params.load(scale=scale), batches=batches, memory=limit, timed=not no_time))
        if limit is not None and not any(row["largest_batch"] for row in rows):
            least = min(row["peak_bytes"] for row in rows) / 2**20
            raise PlanError(f"--memory {memory}: not even a batch of 1 fits for any model; {least:.1f} MiB would do")
    except ValueError as error:
        raise SystemExit(f"frugalgan: {error}") from None
    if as_json:
        typer.echo(json.dumps(rows, indent=2, allow_nan=False))
        return
    typer.echo(aligned(terminal_rows(rows)))


@app.command("results")
def show_results(
    results: Annotated[Path, typer.Option(help="folder that the stage `compare` wrote")] = Path("results"),
) -> None:
    """The comparison of all models: distances (less is better), memory (MiB), time (seconds)."""
    page = results / "comparison.md"
    if not page.is_file():
        raise SystemExit(f"frugalgan: {page}: no such file; `dvc repro` makes it")
    typer.echo(page.read_text(encoding="utf-8"), nl=False)
    typer.echo(f"\nDecoders as generators: {results / 'decoders.md'}")
    pictures = ("figures", "samples", "neighbours", "autoencoders")
    typer.echo(f"Pictures: {', '.join(str(results / name) for name in pictures)}")


@app.command("seeds")
def show_seeds(csv: Annotated[Path | None, typer.Option(help="also write the table here")] = None) -> None:
    """Mean ± standard deviation over training seeds, of the last commit and the DVC experiments on it.

    Make them with `dvc exp run --queue -S seed=0,1,2` and `dvc queue start`. Distances: less is better; seconds, bytes.
    """
    from frugalgan.report.results import ResultsError  # pandas and DVC take seconds
    from frugalgan.report.seeds import groups, over_seeds, runs, seed_verdicts
    from frugalgan.report.tables import markdown, write_csv

    try:
        compare = params.load().compare
        found = groups(runs())
        if not found:
            raise ResultsError(
                "no two runs that differ in nothing but `seed`; make some: dvc exp run --queue -S seed=0,1,2 "
                "and dvc queue start"
            )
        tables = []
        for group in found:
            table = over_seeds(group)
            named = ", ".join(f"{seed} ({run.revision})" for seed, run in sorted(group.items()))
            scale = next(iter(group.values())).params.get("scale")
            typer.echo(f"scale {scale}, seeds {named}\n\n{markdown(table)}")
            judged = seed_verdicts(group, compare.models(table.index.unique()), compare.significance)
            typer.echo(f"Welch's t-test over the seeds, Holm-corrected:\n\n{markdown(judged)}")
            tables.append(table.assign(scale=scale, runs=named))
    except (params.ParamsError, ResultsError) as error:
        raise SystemExit(f"frugalgan: {error}") from None
    if csv is not None:
        import pandas as pd

        write_csv(pd.concat(tables), csv)


@app.command("clean")
def clean(
    interrupted: Annotated[bool, typer.Option("--interrupted", help="also those of interrupted trainings")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be removed")] = False,
) -> None:
    """Remove the last states of finished trainings, which are kept to train longer. Models and results stay."""
    from filelock import FileLock, Timeout

    from frugalgan.training.snapshot import read_index, root, size  # imports torch

    total = 0
    for folder in sorted(folder for folder in root().glob("*/*") if folder.is_dir()):
        index = read_index(folder)
        if index is not None and not (index["finished"] or interrupted):
            typer.echo(f"kept: {folder}, an interrupted training at {index['nimg'] / 1000:g} kimg (--interrupted)")
            continue
        try:
            with FileLock(folder.with_suffix(".lock"), timeout=0):
                total += size(folder)
                typer.echo(f"{size(folder) / 2**20:8.1f} MiB  {folder}")
                if not dry_run:
                    shutil.rmtree(folder)
        except Timeout:
            typer.echo(f"kept: {folder}, in use by a training that is running")
    typer.echo(f"{total / 2**20:8.1f} MiB {'would be ' if dry_run else ''}removed")
