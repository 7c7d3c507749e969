"""The plan of all models: a row per model and batch size, the largest batch that fits, and how people see it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from one_training import DIGITS, KD, MODEL, ROW, study_of, training_folder, write_models
from pipeline import PROJECT
from typer.testing import CliRunner

from frugalgan.cli import app
from frugalgan.training.plan import PlanError, bytes_of, largest_batch, plan
from frugalgan.training.plan_table import duration
from frugalgan.training.prediction import Need

ROWS = {
    "untrained": ROW | {"budget": "none"},
    MODEL: ROW | {"seeds": 3},
    "student": KD | {"from": MODEL, "budget": "student"},
    "cwae": DIGITS | {"method": "wae", "networks": "digits_conditional"},
}
PLANNED = [MODEL, "student", "cwae"]
MIB = 2**20


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    training_folder(tmp_path, rows=ROWS)
    shutil.copytree(PROJECT / "presets", tmp_path / "presets")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_trained_model_is_planned_at_its_own_batch_or_at_those_asked_for() -> None:
    rows = list(plan(study_of(ROWS), timed=False))
    assert [(row["model"], row["batch"], row["seeds"]) for row in rows] == [
        (MODEL, 8, 3), ("student", 8, 1), ("cwae", 16, 1)
    ]  # fmt: skip
    assert all(row["seconds"] is None and row["largest_batch"] is None for row in rows)
    rows = list(plan(study_of(ROWS), batches=[2, 4]))
    assert [(row["model"], row["batch"]) for row in rows] == [(model, batch) for model in PLANNED for batch in (2, 4)]
    for row in rows:
        assert row["seconds_per_kimg"] > 0 and row["peak_bytes"] > row["weights_bytes"] > 0
        assert row["seconds"] == pytest.approx(row["seconds_per_kimg"] * row["kimg"])


def test_the_largest_batch_fits_and_the_next_does_not() -> None:
    (row,) = plan(study_of({MODEL: ROW}), memory=8 * MIB, timed=False)
    best = row["largest_batch"]
    fits, next_one = plan(study_of({MODEL: ROW}), batches=[best, best + 1], timed=False)
    assert fits["peak_bytes"] <= 8 * MIB < next_one["peak_bytes"]


def test_a_budget_in_images_does_not_grow_with_the_batch() -> None:
    for row in plan(study_of(ROWS), batches=[2, 8, 16], timed=False):
        asked = {MODEL: 0.16, "student": 0.08, "cwae": 0.2}[row["model"]]
        assert row["kimg"] == pytest.approx(asked, abs=0.51 * 2 * row["batch"] / 1000)


def test_a_loss_that_compares_images_is_planned_with_two_of_them_at_least() -> None:
    (row,) = plan(study_of({"cwae": ROWS["cwae"]}), memory=10**5, timed=False)
    assert row["largest_batch"] == 0


def test_largest_batch_is_the_last_that_fits() -> None:
    def needs(batch: int) -> Need:
        asked.append(batch)
        return Need(0, 0, 0, 100 + 7 * batch + 3 * max(0, batch - 200), 0, 0, 0, 0)  # steeper from 200 on

    for memory in (107, 113, 114, 500, 1499, 1500, 1510, 4711):
        asked: list[int] = []
        best = largest_batch(needs, memory)
        assert needs(best).peak_bytes <= memory < needs(best + 1).peak_bytes
        assert len(asked) < 15
    assert largest_batch(needs, 106) == 0


def test_sizes_and_durations() -> None:
    assert bytes_of("6GiB") == 6 * 2**30 and bytes_of("1.5 MB") == 1_500_000
    for wrong in ("6", "GiB", "-1GiB", "0GiB", "6 apples"):
        with pytest.raises(PlanError, match="such as 6GiB"):
            bytes_of(wrong)
    assert (duration(59.6), duration(90_061)) == ("00:01:00", "1 d 01:01:01")


# --- the command -----------------------------------------------------------------------------------------------------


def frugalgan(*arguments: str, fails: bool = False) -> str:
    result = CliRunner().invoke(app, ["plan", *arguments])
    assert (result.exit_code != 0) == fails, result.output
    return str(result.exception) if fails else result.stdout


def test_plan_as_table_and_as_json(folder: Path) -> None:
    rows = json.loads(frugalgan("--no-time", "--json"))
    assert [row["model"] for row in rows] == PLANNED
    head, *lines = frugalgan("--no-time").splitlines()
    assert head.split()[:4] == ["model", "seeds", "batch", "trained"] and head.endswith("activations MiB")
    assert [line.split()[:3] for line in lines] == [[MODEL, "3", "8"], ["student", "1", "8"], ["cwae", "1", "16"]]
    write_models(folder, {MODEL: ROW})
    head, line = frugalgan("--memory", "3MiB").splitlines()
    assert head.endswith("largest batch  s/kimg    in all") and ":" in line.split()[-1]


def test_a_preset_is_planned_and_not_written(folder: Path) -> None:
    write_models(folder, {MODEL: ROW})
    before = (folder / "params.yaml").read_bytes()
    rows = json.loads(frugalgan("--preset", "paper", "--no-time", "--json"))
    assert rows[0]["generator_parameters"] == 47_859_331 and rows[0]["batch"] == 64
    assert (folder / "params.yaml").read_bytes() == before


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--memory", "1KiB"], "not even a batch of 1 fits for any model"),
        (["--memory", "much"], "must be a positive number and a unit"),
        (["--batch", "0"], "a batch has at least 1 image"),
        (["--batch", "eight"], "must be whole numbers"),
        (["--preset", "huge"], "'huge' is not one of embedded, laptop, paper, smoke"),
    ],
)
def test_what_cannot_be_planned_says_what_can(arguments: list[str], message: str) -> None:
    assert message in frugalgan("--no-time", *arguments, fails=True)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_the_papers_widths_are_planned_without_their_memory(folder: Path) -> None:
    code = (
        "import sys; from frugalgan.cli import app\n"
        "try: app(['plan', '--preset', 'paper', '--no-time', '--json'])\n"
        "finally: print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)[0]["generator_parameters"] == 47_859_331
    assert int(done.stderr.split()[-1]) < 2**20  # KiB; the networks alone would add 0.9 GiB
