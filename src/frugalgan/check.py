"""Whether the pipeline can run as it stands: checked before the first stage, so that nothing fails after an hour."""

import re
import subprocess
from pathlib import Path

from frugalgan.config import places
from frugalgan.config.sections import ParamsError
from frugalgan.config.study import Study
from frugalgan.data.index import SUFFIXES
from frugalgan.data.settings import Prepare
from frugalgan.data.sources import foreign_files
from frugalgan.evaluation.settings import Evaluate
from frugalgan.report.settings import Compare
from frugalgan.training.settings import Training

# What stages leave as pictures: samples and progress, pictures of a model, figures.
OWN_PICTURES = re.compile(
    r"grid|fixed|progress|neighbours|losses|reconstructions|random|by_label|manifold|codes"
    r"|samples|head_starts|pareto|quality_over_training|figure_3_[1-6]"
)


class PlaceError(ValueError):
    """The project's folder cannot hold the pipeline; the message names the folder and the cure."""


def check_place(project: Path = Path(".")) -> None:
    """Raise PlaceError where a folder that DVC replaces leads out of the project, or the project is no git clone."""
    for folder in places.OWNED:
        path = project / folder
        target = path.resolve()
        if path.is_symlink() and not target.is_relative_to(project.resolve()):
            raise PlaceError(
                f"{folder}: a link to {target}, outside of the project, where DVC keeps no outputs; remove the "
                "link and let only DVC's cache lie there: dvc cache dir /path/on/that/disk"
            )
    inside = subprocess.run(
        ["git", "rev-parse", "--is-inside-work-tree"], cwd=project, capture_output=True, text=True, check=False
    )
    if inside.returncode:
        raise PlaceError(
            "this folder is no git repository, which DVC needs: clone the project, or run `git init && git add -A && "
            "git commit -m start` in an unpacked archive"
        )


def check_names(study: Study) -> None:
    """Raise ParamsError where a section that holds for all models, or a pair to compare, cannot be used."""
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
        if dataset.source == "drawn" and not dataset.count:
            raise ParamsError(f"{study.params}: datasets.{name}.count: 0 is not allowed where pictures are drawn")
    try:
        study.section("compare", Compare).models(study.rows)
    except ParamsError as error:
        raise ParamsError(f"{study.params}: {str(error).removeprefix(f'{study.params}: ')}") from None


def check_nothing_foreign(study: Study, project: Path = Path(".")) -> None:
    """Raise PlaceError where somebody's picture lies in a folder that a stage is about to replace."""
    found = [next(foreign_files(project / places.fetched(name)), None) for name in study.datasets]
    found += [_foreign_picture(project / folder) for folder in (*places.OWNED[1:], places.DATA / "prepared")]
    for path in filter(None, found):
        raise PlaceError(
            f"{path}: this file is none that the pipeline made, and DVC replaces the folder that it lies in; move it "
            "to a folder of your own (and name that as the source of a data set in params.yaml)"
        )


def _foreign_picture(folder: Path) -> Path | None:
    """A picture that no stage leaves in `folder`; temporary ones of a stage that was killed are none."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        is_own = path.suffix == ".png" and OWN_PICTURES.fullmatch(path.stem)
        if path.name.lower().endswith(SUFFIXES) and not is_own and "~" not in str(path.relative_to(folder)):
            return path
    return None
