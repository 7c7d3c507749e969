"""A model for other programs: ONNX files in 32 and 8 bits, what they are worth, and a page where a runtime is named."""

from typing import Annotated

import typer

from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.export.measured import write_measured_export


def main(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="a row of models.yaml that export.models names")],
) -> None:
    """Write results/export/MODEL and metrics/evaluations/exports/MODEL.json."""
    study = load()
    places.claim(places.export(name), places.exported(name))
    write_measured_export(study, name)


if __name__ == "__main__":
    run_stage(main)
