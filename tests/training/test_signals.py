"""Ctrl-C, SIGTERM, and a second training of the same model beside the first."""

import signal

import pytest
from filelock import FileLock
from interrupted import run
from small import CPU, RECIPES

from frugalgan.data.batches import Images
from frugalgan.training.keeper import Keeper
from frugalgan.training.kept import Kept
from frugalgan.training.processes import Processes
from frugalgan.training.record import Recorder
from frugalgan.training.snapshot import Snapshots


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_after_the_step_and_saves(
    images: Images, snapshots: Snapshots, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, steps = RECIPES["wgan_gp"], []

    def interrupt(recorder: Recorder) -> None:
        steps.append(recorder.done)
        if recorder.done == 3:
            signal.raise_signal(number)

    with pytest.raises(SystemExit) as ended:
        run(recipe, images, 8, snapshots, interrupt)
    assert ended.value.code == 128 + number
    assert steps == [1, 2, 3]  # the signal came after the third; the fourth was finished and saved
    kept = Kept.read(snapshots.folder)
    assert kept is not None and kept.done == 4 and not kept.finished
    assert "interrupted at 0.032 kimg; saved" in capsys.readouterr().err
    assert run(recipe, images, 8, snapshots)[1].done == 8


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_last_step_is_heard_when_all_is_kept(
    images: Images, snapshots: Snapshots, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        pytest.raises(SystemExit) as ended,
        Keeper("test", snapshots, 1.0, Processes(CPU)) as keeper,
    ):
        signal.raise_signal(number)
        keeper.end_if_interrupted()
    assert ended.value.code == 128 + number
    assert "interrupted when it was done" in capsys.readouterr().err
    with Keeper("test", snapshots, 1.0, Processes(CPU)) as keeper:
        keeper.end_if_interrupted()


def test_a_second_signal_ends_at_once(images: Images, snapshots: Snapshots) -> None:
    def interrupt(recorder: Recorder) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background
    try:
        with pytest.raises(KeyboardInterrupt):
            run(RECIPES["wgan_gp"], images, 8, snapshots, interrupt)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_snapshot_in_use_is_left_alone(
    images: Images, snapshots: Snapshots, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshots.folder.mkdir(parents=True)
    with FileLock(snapshots.folder.with_suffix(".lock")):
        assert run(RECIPES["wgan_gp"], images, 2, snapshots)[1].done == 2
    assert Kept.read(snapshots.folder) is None
    assert "is running already" in capsys.readouterr().err
