"""Where stages leave what they make: in dvc.yaml, and in folders that are checked beforehand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pipeline import PROJECT, call

from frugalgan.config import places
from frugalgan.config.places import PlaceError, claim
from frugalgan.export.write import OWN as EXPORTED

OF_A_DATA_SET = (places.fetched, places.prepared, places.reference, places.floor)
OF_A_MODEL = (places.weights, places.record, places.samples, places.summary, places.evaluation, places.pictures)


def outputs(stage: dict[str, Any]) -> Iterator[str]:
    stage = stage.get("do", stage)
    for out in (*stage.get("outs", []), *stage.get("metrics", [])):
        yield from out if isinstance(out, dict) else [out]


def test_dvc_yaml_has_every_place_as_an_output() -> None:
    stages = yaml.safe_load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    found = {out for stage in stages.values() for out in outputs(stage)}
    for place in (*OF_A_DATA_SET, *OF_A_MODEL):
        assert place("${key}").as_posix() in found, place
    students = {place("student_${item.alpha}").as_posix() for place in OF_A_MODEL}
    assert students < found
    assert all(any(out.split("/")[0] == folder.name for folder in places.OWNED) for out in found), found


def test_every_output_stays_where_it_is_until_its_stage_replaces_it() -> None:
    """DVC would remove it before the stage could see whose files lie there."""
    stages = yaml.safe_load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for name, stage in stages.items():
        stage = stage.get("do", stage)
        for out in (*stage.get("outs", []), *stage.get("metrics", [])):
            assert isinstance(out, dict) and all(options["persist"] for options in out.values()), (name, out)


def test_everything_that_stages_committed_is_known_as_theirs() -> None:
    for folder in ("metrics", "results"):
        assert list(places.foreign_files(Path(folder), PROJECT)) == []


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    "mine", ["cat.jpg", "cat~1.jpg", "0/holiday.mp4", "0/deep/er/x", "generator.safetensors", "01/notes"]
)
def test_a_stage_stops_at_somebodys_file(project: Path, mine: str) -> None:
    claim(Path("models/teacher/weights"))
    (project / "models/teacher/weights" / mine).parent.mkdir(parents=True)
    (project / "models/teacher/weights" / mine).write_text("mine")
    with pytest.raises(PlaceError, match=rf"models/teacher/weights/{mine}: this file is none that the pipeline made"):
        claim(Path("models/teacher/record"), Path("models/teacher/weights"))
    claim(Path("models/teacher/record"))


@pytest.mark.parametrize("link", ["data", "data/prepared", "data/prepared/cats"])
def test_a_stage_stops_at_a_link_out_of_the_project(project: Path, link: str) -> None:
    (project / link).parent.mkdir(parents=True, exist_ok=True)
    (project / link).symlink_to(project.parent)
    with pytest.raises(
        PlaceError, match=rf"^{link}: a link to {project.parent}, outside of the project.*dvc cache dir"
    ):
        claim(Path("data/prepared/cats"))


def test_folders_of_seeds_that_a_row_no_longer_has_go(project: Path) -> None:
    for name in ("0", "1", "2", "10", "mine"):
        (project / name).mkdir()
    places.keep_only(project, (1, 10))
    assert {path.name for path in project.iterdir()} == {"1", "10", "mine"}
    places.keep_only(project / "nowhere", ())


OWN = (
    *("code/rows.json", "code/stages/train", "code/methods/wgan_gp", "code/networks/faces"),
    *(f"data/prepared/cats/{name}" for name in ("images.npy", "heldout_labels.npy", "data.json", "rejected.csv")),
    *(f"models/student_0.3/weights/10/{name}" for name in ("critic.safetensors", "networks.json", "pool.json")),
    *(f"models/teacher/record/0/{name}" for name in ("record.json", "heldout.csv", "moments.npy", "progress.png")),
    *("models/random/weights/note.txt", "samples/random/note.txt", "samples/student_0.3/grid.png"),
    *("results/figures/figure_3_4.png", "results/pictures/cats_vae/by_label.png"),
    *(
        f"data/fetched/cats/{name}"
        for name in ("index.csv", "picture_0123456789abcdef.jpg", "picture_0123456789abcdef.jpg.cat")
    ),
    *(f"data/fetched/digits/{name}" for name in ("t10k-images-idx3-ubyte.gz", "train-labels-idx1-ubyte")),
    *("data/reference/cats.npz", "metrics/real/cats.json", "results/comparison.md"),
    *(f"results/tables/{name}.csv" for name in places.TABLES),
    *(f"results/export/teacher/{name}" for name in EXPORTED),
)
FOREIGN_FETCHED = tuple(
    f"data/fetched/cats/{name}" for name in ("my.jpg", "deep/er/my.jpg", "picture_1.jpg", "index.csv.bak")
)
FOREIGN = (
    *("results/tables/mine.csv", "results/export/teacher/mine.mjs"),
    *(
        f"{folder}/{name}"
        for folder in (
            *("code", "code/stages", "data/prepared/cats", "models/teacher/weights", "models/teacher/weights/0"),
            *("models/teacher/record/0", "samples/teacher", "results/figures", "results/pictures/cats_vae"),
            *("results/tables", "results/export/teacher"),
        )
        for name in ("me.jpg", "deep.er/me.jpg", "notes.txt")
    ),
)


def test_dvc_sees_what_stages_make_and_nothing_else() -> None:
    """What it does not see it does not remove."""
    assert all(places.OWN.fullmatch(name) for name in OWN)
    assert not any(places.OWN.fullmatch(name) for name in FOREIGN)
    ignored = call(PROJECT, "dvc", "check-ignore", *FOREIGN, *FOREIGN_FETCHED).split()
    assert set(ignored) == {*FOREIGN, *FOREIGN_FETCHED}
    assert call(PROJECT, "dvc", "check-ignore", *OWN, fails=True) == ""
