"""Which trainings go on from the last state of an earlier one, and which start anew."""

from pathlib import Path
from typing import Any

import pytest
from one_training import MODEL, ROW, train, training_folder, weights


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
    assert "gan, seed 0: goes on from 0.032 kimg" in said and "gan, seed 1: goes on from 0.032 kimg" in said
    went_on = [weights(model, seed) for seed in (0, 1)]
    train(folder, rows, "gan", longer, fresh=True)
    assert "goes on" not in capsys.readouterr().err
    assert [weights(model, seed) for seed in (0, 1)] == went_on


@pytest.mark.parametrize(
    "changes",
    [{"wgan_gp.gradient_penalty": 5.0}, {"budgets.dogs.batch_size": 4}, {"training.ema_decay": 0.9}, {"seed": 1}],
    ids=str,
)
def test_another_setting_starts_anew(folder: Path, changes: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    train(folder, {MODEL: ROW}, MODEL)
    train(folder, {MODEL: ROW}, MODEL, changes)
    assert "goes on" not in capsys.readouterr().err


def test_how_often_it_is_saved_and_other_data_sets_change_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(folder, {MODEL: ROW}, MODEL)
    train(folder, {MODEL: ROW}, MODEL, {"training.snapshot_kimg": 1.0, "datasets.cats.count": 3, "kd.alpha": 0.5})
    assert "scratch: goes on from 0.032 kimg" in capsys.readouterr().err
