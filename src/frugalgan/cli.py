"""A generator of your own pictures, by `train`; and the pipeline: run by `repro`, planned, checked, looked at."""

import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from frugalgan.command import ERRORS, LESS_MEMORY, cure, print_anything, run_own_code, way_back
from frugalgan.config import places, presets
from frugalgan.config.params import read_yaml
from frugalgan.config.study import MODELS, PARAMS, load, study
from frugalgan.direct import commands as direct
from frugalgan.export import commands as export

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@contextmanager
def explained(less_memory: str = LESS_MEMORY) -> Iterator[None]:
    """What is wrong with params, models, files or the machine as one line on stderr and exit code 1; a traceback with
    FRUGALGAN_TRACEBACK=1. `less_memory`: what helps where memory runs out."""
    try:
        yield
    except ERRORS as error:
        if os.environ.get("FRUGALGAN_TRACEBACK"):
            raise
        raise SystemExit(f"frugalgan: {error}{cure(error, less_memory)}{way_back(error)}") from None


def explaining(command: Callable[..., None], less_memory: str) -> Callable[..., None]:
    """The command, with `explained` around it."""

    @functools.wraps(command)
    def run(**arguments: Any) -> None:
        with explained(less_memory):
            command(**arguments)

    return run


def main() -> None:
    """The command, with the code of the project that it is called in."""
    run_own_code()
    print_anything()
    app()


WITHOUT_PARAMS = {  # commands that know no params.yaml → what helps where memory runs out
    direct.train: "say what there is by --memory 2GiB, or take a smaller --size, in another --out if this was begun",
    direct.distill: "take a larger --smaller (8 at most), in another --out if this was begun",
    direct.adapt: "take --frozen, or of a StyleGAN2 --vector, if you did not, in another --out if this was begun",
    export.generate: "ask for fewer images by -n",
    export.mix: "ask for fewer z by -n",
    export.export: "end other programs and run it again",
}
for command, less_memory in WITHOUT_PARAMS.items():
    app.command()(explaining(command, less_memory))


@app.command("check")
def check() -> None:
    """Whether the pipeline can run as it stands: names and numbers, folders, and nothing of yours in DVC's way."""
    with explained():
        typer.echo(checked())


def checked() -> str:
    """What was checked, in words. Raises ValueError or OSError where the pipeline cannot run."""
    from frugalgan.check import check_names, check_nothing_foreign, check_place

    check_place()
    study = load()
    check_names(study)
    check_nothing_foreign(study)
    from frugalgan.training.job import jobs  # torch takes a second

    return f"{len(jobs(study))} models of {len(study.datasets)} data sets: names, numbers and folders fit together"


@app.command("repro", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def reproduce(
    context: typer.Context,
    jobs: Annotated[
        int,
        typer.Option(min=0, help="stages side by side, each with a share of the cores; 0: 1 with a GPU, else up to 4"),
    ] = 0,
) -> None:
    """`check`, then `dvc repro` with its arguments. On Linux, stages are forked from one process that has imported
    everything, which saves one to three seconds each; without arguments, several run side by side.
    """
    with explained():
        changed = frozenset() if context.args else to_run()
        code = 0
        if changed or context.args:
            typer.echo(checked())
            from frugalgan.running.repro import jobs_here, repro  # torch takes a second
            from frugalgan.training.settings import Training

            jobs = jobs or jobs_here(load().section("training", Training).device)
            code = repro(context.args, jobs, changed)
        else:
            typer.echo("Data and pipelines are up to date.")
    if not code and not context.args and places.REPORT.is_file():
        typer.echo(f"{places.REPORT}: open it in a browser")
    raise SystemExit(code)


def to_run() -> frozenset[str]:
    """Stages that changed. Raises ValueError or OSError where the pipeline cannot run, in words plainer than DVC's."""
    from frugalgan.running.schedule import changed

    try:
        return changed()
    except ValueError:
        checked()
        raise


@app.command("params")
def show_params(
    model: Annotated[str, typer.Argument(help="a row of models.yaml, or student_<α>")],
) -> None:
    """The numbers in force for one model, as YAML."""
    with explained():
        from frugalgan.training.job import job  # torch takes a second

        study = load()
        found, row = job(study, model), study.row(model)
        start = {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(found.recipe.start).items()
        }
        sections = {
            row.method: asdict(found.recipe.method),
            f"networks.{row.networks}": study.networks(row.networks),
            f"datasets.{row.data}": asdict(study.data_of(model)),
            f"starts.{row.start}": start,
            f"budgets.{row.budget}": asdict(study.budgets[row.budget]),
            "seeds": list(found.seeds),
            "training": asdict(found.training),
        }
    typer.echo(yaml.safe_dump(sections, sort_keys=False, allow_unicode=True), nl=False)


@app.command("preset")
def use_preset(
    name: Annotated[
        str,
        typer.Argument(help="smoke | embedded (the committed numbers) | laptop | paper, or yours: a file of presets/"),
    ],
    as_flags: Annotated[bool, typer.Option("--flags", help="write nothing; print it for `dvc exp run`")] = False,
) -> None:
    """Write a preset's numbers into params.yaml; comments stay. Or: dvc exp run $(frugalgan preset laptop --flags)"""
    with explained():
        values = presets.preset(name, read_yaml(PARAMS))
        if as_flags:
            typer.echo(" ".join(presets.flags(values)))
            return
        presets.write_preset(values, PARAMS)
    typer.echo(f"params.yaml: {len(values)} numbers of presets/{name}.yaml; `git diff params.yaml` shows what changed")


@app.command("plan")
def show_plan(
    preset: Annotated[str | None, typer.Option(help="with the numbers of this preset; nothing is written")] = None,
    batch: Annotated[str, typer.Option(help="images per update, such as 8,16,32, in place of the params'")] = "",
    memory: Annotated[str, typer.Option(help="such as 6GiB: adds the largest batch that fits into it")] = "",
    no_time: Annotated[bool, typer.Option("--no-time", help="run no steps: sizes only")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="a list of objects; sizes in bytes, time in seconds")] = False,
) -> None:
    """What training each model will need: parameters, memory (MiB) at the peak of a step, time on this machine.

    Memory is predicted without allocating it; time comes from a few real steps, which need that memory.
    """
    with explained():
        from frugalgan.training.plan import PlanError, bytes_of, plan  # torch takes a second
        from frugalgan.training.plan_table import aligned, terminal_rows

        try:
            batches = [int(size) for size in batch.split(",") if size]
        except ValueError:
            raise PlanError(f"--batch {batch!r}: must be whole numbers with commas between, such as 8,16,32") from None
        if batches and min(batches) < 1:
            raise PlanError(f"--batch {batch!r}: a batch has at least 1 image")
        limit = bytes_of(memory) if memory else None
        raw = read_yaml(PARAMS)
        if preset is not None:
            raw = presets.with_preset(raw, presets.preset(preset, raw))
        rows = list(plan(study(raw, read_yaml(MODELS)), batches=batches, memory=limit, timed=not no_time))
        if not rows:
            raise PlanError("nothing is trained: every budget of models.yaml's rows has kimg: 0")
        if limit is not None and not any(row["largest_batch"] for row in rows):
            least = min(row["peak_bytes"] for row in rows) / 2**20
            raise PlanError(f"--memory {memory}: not even a batch of 1 fits for any model; {least:.1f} MiB would do")
    if as_json:
        typer.echo(json.dumps(rows, indent=2, allow_nan=False))
        return
    typer.echo(aligned(terminal_rows(rows)))


@app.command("results")
def show_results(
    results: Annotated[Path, typer.Option(help="folder that the stage `report` wrote")] = Path("results"),
) -> None:
    """The comparison of all models: distances (less is better), memory (MiB), time (seconds)."""
    page = results / "comparison.md"
    if not page.is_file():
        raise SystemExit(f"frugalgan: {page}: no such file; `dvc repro` makes it")
    typer.echo(page.read_text(encoding="utf-8"), nl=False)
    typer.echo(f"\nDecoders as generators: {results / 'decoders.md'}")
    typer.echo(f"Pictures: {results / 'figures'}, {results / 'pictures'}, samples/*/grid.png")


@app.command("clean")
def clean(
    interrupted: Annotated[bool, typer.Option("--interrupted", help="also those of interrupted trainings")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be removed")] = False,
) -> None:
    """Remove the last states of finished trainings, which are kept to train longer. Models and results stay."""
    from filelock import FileLock, Timeout

    from frugalgan.training.kept import Kept  # imports torch
    from frugalgan.training.snapshot import root, size

    total = 0
    for folder in sorted(folder for folder in root().glob("*/*") if folder.is_dir()):
        kept = Kept.read(folder)
        if kept is not None and not (kept.finished or interrupted):
            typer.echo(f"kept: {folder}, an interrupted training at {kept.nimg / 1000:g} kimg (--interrupted)")
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
