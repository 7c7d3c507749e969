"""Which trainings go on from the last state of an earlier one, and which start anew."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from one_training import MODEL, ROW, SHORT, train, training_folder, weights

from frugalgan.command import Resume
from frugalgan.files import read_json
from frugalgan.training.keeper import Keeper
from frugalgan.training.record import Recorder
from frugalgan.training.state import State


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return training_folder(tmp_path)


def test_a_raised_budget_goes_on_and_ends_as_if_it_had_been_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also of a model that waits for as many images as before."""
    rows = {"vae": ROW | {"method": "vae"}, "gan": ROW | {"start": "warmup", "from": "vae", "seeds": 2}}
    train(folder, rows, "vae")
    train(folder, rows, "gan", {"starts.warmup.wait": 0.5})
    capsys.readouterr()
    longer = {"budgets.dogs.kimg": 0.064, "starts.warmup.wait": 0.25}
    model = train(folder, rows, "gan", longer)
    said = capsys.readouterr().err
    assert all(re.search(rf"^gan, seed {seed}: .*; goes on from 0\.032 kimg$", said, re.M) for seed in (0, 1))
    went_on = [weights(model, seed) for seed in (0, 1)]
    train(folder, rows, "gan", longer, Resume.NOT)
    assert "goes on" not in capsys.readouterr().err
    assert [weights(model, seed) for seed in (0, 1)] == went_on


def test_how_often_it_is_saved_and_other_data_sets_change_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(folder, {MODEL: ROW}, MODEL)
    train(folder, {MODEL: ROW}, MODEL, {"training.snapshot_kimg": 1.0, "datasets.cats.count": 3, "kd.alpha": 0.5})
    assert "; goes on from 0.032 kimg" in capsys.readouterr().err


LONGER = {"budgets.dogs.kimg": 0.064}


def interrupted(folder: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any] | None = None) -> None:
    """A training that was ended half-way, after it was saved."""

    def killed(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as once:
        once.setattr("frugalgan.training.keeper.Keeper.after_step", saved_and(killed))
        with pytest.raises(RuntimeError, match="killed"):
            train(folder, {MODEL: ROW}, MODEL, LONGER | (changes or {}))


def saved_and(then: Callable[..., None]) -> Callable[..., None]:
    def after_step(self: Keeper, state: State, recorder: Recorder) -> None:
        recorder.look()
        self.snapshots.save(state, recorder, finished=False)
        then()

    return after_step


ELSEWHERE = {
    "another processor": lambda m: m.setattr("frugalgan.training.run.device_kind", lambda device: "another CPU"),
    "other versions": lambda m: m.setattr("frugalgan.training.run.versions", lambda: {"torch": "3"}),
    "other code": lambda m: m.setattr("frugalgan.training.run.code_of", lambda job: "another text"),
}


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_an_interrupted_training_goes_on_elsewhere_if_it_is_asked_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], elsewhere: str
) -> None:
    """And says so in its record, and at its next start."""
    interrupted(folder, monkeypatch)
    ELSEWHERE[elsewhere](monkeypatch)
    record = train(folder, {MODEL: ROW}, MODEL, LONGER, Resume.ANY) / "record/0/record.json"
    said = capsys.readouterr().err
    assert "goes on from 0.016 kimg, from there on not the same to the byte" in said and "these differ" in said
    (where,) = read_json(record, hint="")["went_on_elsewhere"]
    key = {"another processor": "device: ", "other versions": "versions.torch: ", "other code": "code: "}[elsewhere]
    assert where["from_kimg"] == 0.016 and key in where["differs"]
    assert read_json(record, hint="")["kimg"] == 0.064
    train(folder, {MODEL: ROW}, MODEL, {"budgets.dogs.kimg": 0.096})  # goes on from this one, here, to the byte
    assert read_json(record, hint="")["went_on_elsewhere"] == [where]


def test_not_asked_it_starts_anew_and_says_how_it_would_go_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(folder, monkeypatch)
    capsys.readouterr()  # what that one said
    ELSEWHERE["other versions"](monkeypatch)
    record = train(folder, {MODEL: ROW}, MODEL, LONGER) / "record/0/record.json"
    said = capsys.readouterr().err
    assert "starts anew" in said and "FRUGALGAN_RESUME=any goes on from it, and its record says so" in said
    assert "went_on_elsewhere" not in read_json(record, hint="")


def test_a_finished_one_that_was_shorter_is_told_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a larger budget would begin anew without a word where only threads or versions differ."""
    train(folder, {MODEL: ROW}, MODEL)
    ELSEWHERE["other versions"](monkeypatch)
    train(folder, {MODEL: ROW}, MODEL)  # as long: nothing to go on to
    assert "FRUGALGAN_RESUME" not in capsys.readouterr().err
    train(folder, {MODEL: ROW}, MODEL, LONGER, Resume.ANY)
    assert "; goes on from 0.032 kimg" in capsys.readouterr().err  # that of these versions
    ELSEWHERE["other code"](monkeypatch)
    train(folder, {MODEL: ROW}, MODEL, {"budgets.dogs.kimg": 0.096})
    said = capsys.readouterr().err
    assert "; starts anew" in said and "FRUGALGAN_RESUME=any goes on from it" in said


@pytest.mark.parametrize(
    "changes",
    [{"wgan_gp.gradient_penalty": 5.0}, {"training.ema_decay": 0.9}, {"seed": 1}, {"budgets.dogs.batch_size": 4}],
    ids=str,
)
def test_what_decides_the_result_is_never_gone_on_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], changes: dict[str, Any]
) -> None:
    interrupted(folder, monkeypatch)
    capsys.readouterr()  # what that one said
    train(folder, {MODEL: ROW}, MODEL, LONGER | changes, Resume.ANY)
    said = capsys.readouterr().err
    assert "; starts anew" in said and "goes on" not in said


def test_asked_to_go_on_elsewhere_it_goes_on_from_the_furthest(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where somebody started it here before he knew that he could ask; and from its own, where that is further."""
    train(folder, {MODEL: ROW}, MODEL, {"budgets.dogs.kimg": 0.048})
    ELSEWHERE["other versions"](monkeypatch)
    interrupted(folder, monkeypatch, {"budgets.dogs.kimg": 0.096})
    capsys.readouterr()
    train(folder, {MODEL: ROW}, MODEL, {"budgets.dogs.kimg": 0.096}, Resume.ANY)
    assert "goes on from 0.048 kimg, from there on not the same" in capsys.readouterr().err
    train(folder, {MODEL: ROW}, MODEL, {"budgets.dogs.kimg": 0.112}, Resume.ANY)
    said = capsys.readouterr().err
    assert "goes on from 0.096 kimg" in said and "not the same" not in said


def test_section_training_may_differ(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(folder, monkeypatch)
    train(folder, {MODEL: ROW}, MODEL, LONGER | {"training.accumulate": 2}, Resume.ANY)
    said = capsys.readouterr().err
    assert "goes on from 0.016 kimg" in said and "training.accumulate: 1 → 2" in said


def test_the_first_line_says_what_will_happen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = {"training.device": "cpu", "training.precision": "float32", **SHORT}
    record = train(folder, {MODEL: ROW}, MODEL, changes) / "record/0/record.json"
    line = next(line for line in capsys.readouterr().err.splitlines() if line.startswith(f"{MODEL}: "))
    pattern = (
        rf"{MODEL}: .+, \d+ threads?; float32 \(as asked\); 1 process; batch 8 of 24 images; 0\.032 kimg; "
        r"expected: ([\d.]+) MiB, \d\d:\d\d:\d\d; starts anew"
    )
    found = re.fullmatch(pattern, line)
    assert found, line
    # what was planned is what was counted, but for what the last step finds in memory besides
    assert float(found[1]) == pytest.approx(read_json(record, hint="")["peak_training_bytes"] / 2**20, rel=0.02)
