"""Whether the pipeline can run as it stands: checked before the first stage, so that nothing fails after an hour."""

import os
import subprocess
from pathlib import Path

from frugalgan.config import places
from frugalgan.config.params import unknown
from frugalgan.config.places import PlaceError
from frugalgan.config.sections import RANDOM, ParamsError
from frugalgan.config.study import Study
from frugalgan.data.settings import Prepare
from frugalgan.data.sources import foreign_files
from frugalgan.data.styles import NONE, STYLES
from frugalgan.evaluation.seen import seen_in_training
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import from_project
from frugalgan.report.settings import NONE as NO_PAGE
from frugalgan.report.settings import NPM, Compare, Export
from frugalgan.training.settings import Training


def check_place(project: Path = Path(".")) -> None:
    """Raise PlaceError where a folder that DVC replaces leads out of the project, or git cannot use the project's."""
    for folder in places.OWNED:
        for path in (folder, *(path.relative_to(project) for path in sorted((project / folder).glob("*")))):
            places.check_inside(path, project)
    command, plain = ["git", "rev-parse", "--is-inside-work-tree"], os.environ | {"LC_ALL": "C"}
    inside = subprocess.run(command, cwd=project, env=plain, capture_output=True, text=True, check=False)
    if inside.returncode:
        if "not a git repository" not in inside.stderr:
            raise PlaceError(f"git, which DVC needs: {' '.join(inside.stderr.split())}")
        raise PlaceError(
            "this folder is no git repository, which DVC needs: clone the project, or run `git init && git add -A && "
            "git commit -m start` in an unpacked archive"
        )


def check_names(study: Study) -> None:
    """Raise ParamsError where a section that holds for all models, or what it names, cannot be used."""
    for name, cls in (("prepare", Prepare), ("training", Training)):
        study.section(name, cls)
    settings = study.section("evaluate", Evaluate)
    neighbours = max(settings.precision_k, settings.coverage_k)
    for name, dataset in study.datasets.items():
        for key in ("samples", "reference", "moment_samples"):
            if (n := getattr(dataset, key)) <= neighbours:
                raise ParamsError(
                    f"{study.params}: datasets.{name}.{key}: {n} is not allowed: evaluate.precision_k and coverage_k "
                    f"ask for more than {neighbours}"
                )
        for style in dataset.styles:
            if style not in (NONE, *STYLES):
                raise unknown(study.params, f"datasets.{name}.style", style, (NONE, *STYLES))
        if dataset.source == "drawn" and not dataset.count:
            raise ParamsError(f"{study.params}: datasets.{name}.count: 0 is not allowed where pictures are drawn")
        settings.networks(study, name)
    for name, row in study.rows.items():
        seen = seen_in_training(study, name)
        keys = (f"datasets.{row.data}.extractor", "evaluate.second_extractor")
        for key, judge in zip(keys, settings.networks(study, row.data), strict=False):
            if seen and judge.startswith(seen):
                raise ParamsError(
                    f"{study.models}: models.{name}: it learns from what {seen} sees, so another network must judge "
                    f"them: set {key} to inception or vgg16_edges"
                )
    export = study.section("export", Export)
    for name in export.models:
        if name not in study.rows:
            raise unknown(study.params, "export.models", name, study.rows)
    if export.models and export.runtime not in (NO_PAGE, NPM) and not from_project(Path(export.runtime)).exists():
        raise ParamsError(
            f"{study.params}: export.runtime: {export.runtime}: no such folder or archive; name one of "
            f"onnxruntime-web, or take {NPM}, or {NO_PAGE} for no page"
        )
    try:
        study.section("compare", Compare).models(study.rows)
    except ParamsError as error:
        raise ParamsError(f"{study.params}: {str(error).removeprefix(f'{study.params}: ')}") from None


def check_nothing_foreign(study: Study, project: Path = Path(".")) -> None:
    """Raise PlaceError where somebody's file lies in a folder that a stage is about to replace."""
    found = [next(foreign_files(project / places.fetched(name)), None) for name in study.datasets]
    for out in places.replaced_by(study.datasets, (RANDOM, *study.rows, *study.pools)):
        found += places.foreign_files(out, project)
    for path in filter(None, found):
        raise PlaceError(
            f"{path}: this file is none that the pipeline made, and DVC replaces the folder that it lies in; move it "
            "to a folder of your own (and name that as the source of a data set in params.yaml)"
        )
