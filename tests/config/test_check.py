"""What is checked before the first stage: the folder, the numbers that no row names, and other people's files."""

from pathlib import Path
from typing import Any

import pytest
from config_files import changed, raw_models, raw_params
from pipeline import call

from frugalgan.check import check_names, check_nothing_foreign, check_place
from frugalgan.config import places
from frugalgan.config.places import PlaceError
from frugalgan.config.sections import ParamsError
from frugalgan.config.study import Study, study


def made(changes: dict[str, Any]) -> Study:
    return study(changed(raw_params(), changes), raw_models())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty git repository."""
    folder = tmp_path / "project"
    folder.mkdir()
    call(folder, "git", "init", "--quiet")
    return folder


def put(project: Path, name: str) -> Path:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    return path


def test_a_clone_is_a_place_for_the_pipeline(project: Path) -> None:
    check_place(project)
    put(project, "elsewhere/a")
    for folder in places.OWNED:
        (project / folder).symlink_to(project / "elsewhere")
    check_place(project)  # links that stay in the project


@pytest.mark.parametrize("folder", places.OWNED)
def test_a_folder_that_leads_out_of_the_project_is_named_with_the_cure(project: Path, folder: Path) -> None:
    (project / folder).symlink_to(project.parent)
    with pytest.raises(PlaceError, match=rf"^{folder}: a link to {project.parent}, .*dvc cache dir /path/on/that/disk"):
        check_place(project)


def test_a_folder_without_git_is_told_the_commands(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match=r"no git repository, which DVC needs: clone .*`git init && git add -A && git"):
        check_place(tmp_path)


def test_what_else_hinders_git_is_told_with_gits_own_cure(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(PlaceError, match=r"dubious ownership .* git config --global --add safe\.directory") as error:
        check_place(project)
    assert "git init" not in str(error.value) and "\n" not in str(error.value)


def test_the_committed_files_pass() -> None:
    check_names(made({}))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("training.precision", "half", r"params\.yaml: training\.precision: 'half' is not allowed"),
        ("training.recompte", True, r"params\.yaml: training\.recompte is not a known key; did you mean recompute"),
        ("prepare.max_rejected", ..., r"params\.yaml: prepare\.max_rejected is missing"),
        ("evaluate.repeats", 1, r"params\.yaml: evaluate\.repeats: 1 is not allowed"),
        ("compare.significance", 2, r"params\.yaml: compare\.significance: 2 is not allowed"),
        ("compare.pairs", ["techer / scratch"], r"compare\.pairs: 'techer / scratch': no model techer; there are unt"),
        (
            "compare.pairs",
            ["teacher / wolf*"],
            r"compare\.pairs: 'teacher / wolf\*': no model wolf\*; there are unt",
        ),
        ("compare.pairs", ["scratch / teacher"], r"yaml: compare\.pairs: 'scratch / teacher': scratch learns dogs"),
        ("compare.pairs", ["s* / scratch"], r"'s\* / scratch': student learns cats, and scratch dogs; choose "),
        ("export.runtime", "nowhere/dist", r"export\.runtime: nowhere/dist: no such folder or archive; name one of"),
        ("export.models", ["techer"], r"params\.yaml: export\.models: 'techer' is not one of .*did you mean teacher"),
        ("datasets.dogs.count", 0, r"params\.yaml: datasets\.dogs\.count: 0 is not allowed where pictures are drawn"),
        ("datasets.dogs.style", "pensil", r"datasets\.dogs\.style: 'pensil' is not one of none, .*did you mean pencil"),
        ("datasets.dogs.samples", 5, r"datasets\.dogs\.samples: 5 is not allowed: .*coverage_k ask for more than 5"),
        ("datasets.dogs.reference", 5, r"datasets\.dogs\.reference: 5 is not allowed"),
        ("evaluate.precision_k", 50, r"moment_samples: 50 is not allowed: evaluate\.precision_k and .* than 50"),
    ],
)
def test_what_would_fail_after_hours_fails_at_once(key: str, value: Any, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        check_names(made({key: value}))


@pytest.mark.parametrize("family", ["projected", "mixed"])
def test_who_learns_through_a_network_is_not_judged_by_it(family: str) -> None:
    changes: dict[str, Any] = {"networks.faces.family": family}
    with pytest.raises(ParamsError, match=r"models\.untrained: it learns from .* set datasets\.cats\.extractor to"):
        check_names(made(changes))
    check_names(made(changes | {f"datasets.{name}.extractor": "vgg16_edges" for name in ("cats", "dogs")}))


def test_who_learns_by_directions_is_not_judged_by_the_same_network() -> None:
    raw = raw_models()
    raw["models"]["sketches_vector"] |= {"method": "direction", "start": "directed", "recipe": "plain"}
    with pytest.raises(ParamsError, match=r"models\.sketches_vector: .* set datasets\.sketches\.extractor to"):
        check_names(study(raw_params(), raw))
    check_names(study(changed(raw_params(), {"datasets.sketches.extractor": "vgg16_edges"}), raw))


def test_a_second_judge_is_another_one_and_has_not_been_learnt_through() -> None:
    with pytest.raises(
        ParamsError, match=r"second_extractor: efficientnet_lite0_mid64 is the extractor of cats itself"
    ):
        check_names(made({"evaluate.second_extractor": "efficientnet_lite0_mid64"}))
    judged = {f"datasets.{name}.extractor": "vgg16_edges" for name in ("cats", "dogs")}
    changes = {"networks.faces.family": "mixed", "evaluate.second_extractor": "efficientnet_lite0"}
    with pytest.raises(ParamsError, match=r"it learns from .* set evaluate\.second_extractor to"):
        check_names(made(judged | changes))


def test_networks_without_a_family_are_named() -> None:
    with pytest.raises(ParamsError, match=r"networks\.faces\.family must be the name of a file"):
        check_names(made({"networks.faces.family": ...}))


def test_an_exported_model_is_a_row() -> None:
    with pytest.raises(ParamsError, match=r"export\.models.*studnt.*student"):
        check_names(made({"export.models": ["teacher", "studnt"]}))


def test_a_count_is_for_drawn_pictures_alone() -> None:
    check_names(made({"datasets.dogs.count": 0, "datasets.dogs.source": "/photos"}))


@pytest.mark.parametrize("name", ["my.jpg", "deep/er/holiday.png", "index.csv.bak"])
def test_a_file_of_somebodys_among_fetched_pictures_is_named(project: Path, name: str) -> None:
    mine = put(project, f"data/fetched/dogs/{name}")
    with pytest.raises(PlaceError, match=rf"{mine}: this file is none that the pipeline made.*move it .* of your own"):
        check_nothing_foreign(made({}), project)
    assert mine.read_text() == "mine"


def test_other_files_of_the_project_are_nobodys_business(project: Path) -> None:
    others = "models/mine/a.jpg", "models/teacher/notes.txt", "samples/a.jpg", "results/notes.md", "metrics/mine.csv"
    for name in ("data/mine/a.jpg", "data/fetched/mine/a.jpg", "data/fetched/a.jpg", "notes.txt", *others):
        put(project, name)
    check_nothing_foreign(made({}), project)


@pytest.mark.parametrize(
    "folder",
    [
        *("data/prepared/dogs", "models/teacher/weights", "models/teacher/record/0", "samples/teacher"),
        *("results/tables", "results/figures", "results/pictures/teacher", "code"),
    ],
)
def test_a_picture_in_a_folder_that_dvc_replaces_is_named(project: Path, folder: str) -> None:
    for name in ("my grid.png", "notes.txt", "photo.CR2", "deep/er/holiday.jpg"):
        mine = put(project, f"{folder}/{name}")
        refused(project, mine)
        mine.unlink()


def refused(project: Path, mine: Path) -> None:
    with pytest.raises(PlaceError, match=rf"{mine.relative_to(project)}: this file is none that the pipeline made"):
        check_nothing_foreign(made({}), project)


def test_what_stages_leave_is_no_obstacle_recorded_or_not(project: Path) -> None:
    for name in ("samples/teacher/grid.png", "models/teacher/record/0/progress.png", "results/figures/figure_3_4.png"):
        put(project, name)
    put(project, "samples/.teacher~abc/half.png")  # of a stage that was killed
    check_nothing_foreign(made({}), project)
