"""All models side by side: verdicts, the thesis's tables, one comparison, and the figures."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.report.compare import compare
from frugalgan.stage import run_stage


def main(
    results: Annotated[Path, typer.Argument(help="folder to write tables and figures into")],
    models: Annotated[Path, typer.Argument(help="folder with a folder per trained model")],
    metrics: Annotated[Path, typer.Argument(help="folder with cost/, quality/, over_training/ and reference/")],
) -> None:
    """Compare the models that params.yaml names; distances are less-is-better, memory in MiB, time in seconds."""
    compare(params.load(), params.students(), models=models, metrics=metrics, results=results)


if __name__ == "__main__":
    run_stage(main)
