"""Where stages leave what they make, below the project's folder; dvc.yaml has the same paths as outputs.

A stage replaces these, and nothing that somebody else put there: each of them begins with `claim`.
"""

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

DATA, MODELS, SAMPLES, METRICS, RESULTS, CODE = map(Path, ("data", "models", "samples", "metrics", "results", "code"))
OWNED = (DATA, MODELS, SAMPLES, METRICS, RESULTS, CODE)  # folders whose contents DVC replaces
EVALUATIONS, REPORT = METRICS / "evaluations", RESULTS / "report.html"
_NAME = r"[A-Za-z0-9][\w.-]*"  # of a data set or a model
_PART = "(generator|critic|encoder)"
_FIGURES = "samples|head_starts|pareto|quality_over_training|truncation|figure_3_[1-6]"
_PICTURES = "neighbours|losses|reconstructions|random|by_label|manifold|codes|truncation"
TABLES = (  # of the report, CSV
    *("comparison", "verdicts", "table_3_1", "table_3_2", "table_3_3", "exports", "head_starts"),
    *("over_training", "losses", "truncation"),
)
_TABLES = "|".join(TABLES)
_PAGE = r"index\.html|worker\.mjs|ort\.wasm\.min\.mjs|ort-wasm-simd-threaded\.(mjs|wasm)"
_EXPORTED = rf"model(_float32)?\.onnx|export\.json|{_PAGE}"
# All that stages leave, but for fetched pictures, of which their index tells.
OWN = re.compile(
    "|".join(
        (
            rf"data/fetched/{_NAME}/.*",
            rf"data/prepared/{_NAME}/(images\.npy|labels\.npy|heldout\.npy|heldout_labels\.npy)",
            rf"data/prepared/{_NAME}/(data\.json|manifest\.csv|rejected\.csv)",
            rf"data/reference/{_NAME}\.npz",
            rf"models/{_NAME}/weights/(note\.txt|\d+/({_PART}\.safetensors|networks\.json))",
            rf"models/{_NAME}/weights/\d+/(z\.npy|images\.npy|pool\.json)",
            rf"models/{_NAME}/record/\d+/(record\.json|history\.csv|heldout\.csv|moments\.npy|progress\.png)",
            rf"samples/{_NAME}/(samples\.npy|others\.npy|grid\.png|fixed\.png|note\.txt)",
            rf"metrics/((real|evaluations|evaluations/exports)/)?{_NAME}\.json",
            rf"results/(tables/({_TABLES})\.csv|(comparison|decoders)\.md|report\.html|figures/({_FIGURES})\.png)",
            rf"results/pictures/{_NAME}/({_PICTURES})\.png",
            rf"results/export/{_NAME}/({_EXPORTED})",
            r"code/(rows\.json|(stages|methods|networks)/[\w-]+|exports/[\w.-]+)",
        )
    ),
    re.DOTALL,
)
NOBODYS = (".gitignore", ".DS_Store", "Thumbs.db", "desktop.ini")


class PlaceError(ValueError):
    """The project's folder cannot hold the pipeline; the message names the folder and the cure."""


def claim(*outs: Path) -> None:
    """Raise PlaceError where a stage must not replace `outs`, paths below the current folder: where they hold a file
    that no stage makes, or lie outside of the project, where DVC keeps no outputs."""
    for out in outs:
        check_inside(out)
        for path in foreign_files(out):
            raise PlaceError(
                f"{path}: this file is none that the pipeline made, and {out} is about to be replaced; move it to a "
                "folder of your own (and name that as the source of a data set in params.yaml)"
            )


def check_inside(out: Path, project: Path = Path(".")) -> None:
    """Raise PlaceError where a link leads `out`, a path below `project`, out of it."""
    for part in (*reversed(out.parents), out):
        target = (project / part).resolve()
        if (project / part).is_symlink() and not target.is_relative_to(project.resolve()):
            raise PlaceError(
                f"{part}: a link to {target}, outside of the project, where DVC keeps no outputs; remove the "
                "link and let only DVC's cache lie there: dvc cache dir /path/on/that/disk"
            )


def foreign_files(out: Path, project: Path = Path(".")) -> Iterator[Path]:
    """Files at or below `out`, a path below `project`, that no stage makes; temporary ones of a stage that was killed
    are none."""
    place = project / out
    for path in sorted(place.rglob("*")) if place.is_dir() and not place.is_symlink() else [place]:
        said = path.relative_to(project).as_posix()
        is_file = path.is_symlink() or (path.exists() and not path.is_dir())
        is_temporary = any(part.startswith(".") and "~" in part for part in Path(said).parts)  # files.replaced
        if is_file and not is_temporary and not OWN.fullmatch(said) and path.name not in NOBODYS:
            yield Path(said)


def keep_only(folder: Path, names: Iterable[object]) -> None:
    """Remove folders of seeds that are none of `names` any more."""
    kept = {str(name) for name in names}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and path.name.isdecimal() and path.name not in kept:
            shutil.rmtree(path)


def fetched(dataset: str) -> Path:
    """Pictures as their source has them."""
    return DATA / "fetched" / dataset


def prepared(dataset: str) -> Path:
    """The same as arrays."""
    return DATA / "prepared" / dataset


def reference(dataset: str) -> Path:
    """Features of real images, .npz."""
    return DATA / "reference" / f"{dataset}.npz"


def floor(dataset: str) -> Path:
    """What real images score against other real ones, JSON."""
    return METRICS / "real" / f"{dataset}.json"


def weights(model: str) -> Path:
    """A folder of trained weights per seed."""
    return MODELS / model / "weights"


def record(model: str) -> Path:
    """A folder per seed of how the training went."""
    return MODELS / model / "record"


def samples(model: str) -> Path:
    """The model's images."""
    return SAMPLES / model


def summary(model: str) -> Path:
    """The numbers of a model that people compare, JSON."""
    return METRICS / f"{model}.json"


def evaluation(model: str) -> Path:
    """All numbers of a model, with what they must carry, JSON."""
    return EVALUATIONS / f"{model}.json"


def pictures(model: str) -> Path:
    """A folder of pictures of how a model does."""
    return RESULTS / "pictures" / model


def export(model: str) -> Path:
    """A folder of a model's files for other programs."""
    return RESULTS / "export" / model


def exported(model: str) -> Path:
    """What these files are worth, JSON."""
    return EVALUATIONS / "exports" / f"{model}.json"


def replaced_by(datasets: Iterable[str], models: Iterable[str]) -> Iterator[Path]:
    """What the stages of these replace, but for fetched pictures."""
    for name in datasets:
        yield from (prepared(name), reference(name), floor(name))
    for name in models:
        yield from (weights(name), record(name), samples(name), summary(name), evaluation(name), pictures(name))
        yield from (export(name), exported(name))
    yield from (RESULTS / "tables", RESULTS / "comparison.md", RESULTS / "decoders.md", RESULTS / "figures", CODE)
    yield REPORT
