"""One model, trained from each of its seeds."""

from typing import Annotated

import typer

from frugalgan.command import Events, Fresh, Resume, ResumeFrom, run_stage
from frugalgan.config import places
from frugalgan.config.sections import RANDOM
from frugalgan.config.study import load
from frugalgan.files import from_project
from frugalgan.training.job import job
from frugalgan.training.run import run
from frugalgan.training.snapshot import root


def main(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="a row of models.yaml, or student_<α> of `students`")],
    resume: ResumeFrom = Resume.EXACT,
    fresh: Fresh = False,
    events: Events = None,
) -> None:
    """Train as the model's row says: weights and a record per seed below models/MODEL (see `frugalgan plan`)."""
    study = load()
    row = study.row(name)
    places.claim(places.weights(name), places.record(name))
    run(
        job(study, name),
        data=places.prepared(row.data),
        out=places.MODELS / name,
        snapshots=root(),
        resume=Resume.NOT if fresh else resume,
        events=from_project(events) / name if events else None,
        source=None if row.source == RANDOM else places.weights(row.source),
    )


if __name__ == "__main__":
    run_stage(main)
