"""A training that was interrupted goes on as if it had not been; snapshots of two configurations never mix."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from small import CPU, METHODS, descent_of, labelled_noise, state_of

from frugalgan.data.batches import Images
from frugalgan.methods.gradients import alone
from frugalgan.methods.base import Method
from frugalgan.training.keeper import Keeper
from frugalgan.training.loop import Budget, train
from frugalgan.training.run import heldout_losses
from frugalgan.training.snapshot import INDEX, SnapshotError, Snapshots, difference, read_index
from frugalgan.training.state import State
from frugalgan.training.record import NonFiniteLoss, Watch, spacing

CONFIGURATION = {"method": {"name": "test", "learning_rate": 1e-3}, "seed": 0}
BATCH = 4


@pytest.fixture
def images(tmp_path: Path) -> Images:
    return labelled_noise(tmp_path, 12)


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "snapshots" / "test", CONFIGURATION)


def run(
    method: Method,
    images: Images,
    steps: int,
    snapshots: Snapshots,
    stop: Callable[[Watch], None] = lambda watch: None,
) -> tuple[State, Watch]:
    """Train to `steps`, saving after every second one; `stop` is called after each and may raise."""
    state = state_of(method)
    watch = Watch("test", steps, CPU, 0, 6, heldout=lambda G: heldout_losses(method, state.networks, images, G))
    snapshots = Snapshots(snapshots.folder.parent, snapshots.configuration)  # as a new process has them
    with Keeper("test", snapshots, 2 * method.batches_per_step * BATCH / 1000, 0, alone) as keeper:
        keeper.resume(state, watch, fresh=False)

        def after_step(state: State, watch: Watch) -> None:
            keeper.after_step(state, watch)
            stop(watch)

        train(state, method, images, Budget(steps, BATCH), watch, descent_of(), after_step)
    return state, watch


class Stopped(Exception):
    """In place of a killed process."""


def at(step: int) -> Callable[[Watch], None]:
    def stop(watch: Watch) -> None:
        if watch.done == step:
            raise Stopped

    return stop


def assert_same(ours: tuple[State, Watch], theirs: tuple[State, Watch]) -> None:
    """Weights, averages, optimisers, losses and images are equal to the bit."""
    for a, b in zip(_tensors(ours[0].state_dict()), _tensors(theirs[0].state_dict()), strict=True):
        assert torch.equal(a, b)
    assert ours[0].nimg == theirs[0].nimg
    rows = [[{k: v for k, v in row.items() if k != "seconds"} for row in watch.rows()] for _, watch in (ours, theirs)]
    assert rows[0] == rows[1]
    assert ours[1].final_moments() == theirs[1].final_moments()
    assert ours[1].losses_heldout == theirs[1].losses_heldout
    assert ours[1].peak_bytes == theirs[1].peak_bytes
    for step in ours[1].final_moments():
        assert np.array_equal(ours[1].samples[step], theirs[1].samples[step])
        assert ours[1].moments[step][0] == theirs[1].moments[step][0]


def _tensors(value: object) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        return [tensor for item in value.values() for tensor in _tensors(item)]
    return []


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_stopped_at_any_step_it_ends_as_if_it_had_not_been(
    method: Method, images: Images, snapshots: Snapshots, tmp_path: Path
) -> None:
    whole = run(method, images, 7, Snapshots(tmp_path / "whole", CONFIGURATION))
    for step in (1, 2, 5, 6):
        with pytest.raises(Stopped):
            run(method, images, 7, snapshots, at(step))
    assert_same(run(method, images, 7, snapshots), whole)


def test_more_training_later_is_the_same_as_more_from_the_start(
    images: Images, snapshots: Snapshots, tmp_path: Path
) -> None:
    method = METHODS["wgan_gp"]
    run(method, images, 13, snapshots)  # 13 is no multiple of the spacing of 26's moments
    first: list[int] = []
    longer = run(method, images, 26, snapshots, lambda watch: first.append(watch.done))
    assert first[0] == 14
    assert_same(longer, run(method, images, 26, Snapshots(tmp_path / "whole", CONFIGURATION)))


def test_a_finished_training_is_not_done_again_and_a_shorter_one_starts_anew(
    images: Images, snapshots: Snapshots
) -> None:
    method = METHODS["kd"]
    done = run(method, images, 4, snapshots)
    assert_same(run(method, images, 4, snapshots, at(4)), done)
    steps: list[int] = []
    run(method, images, 3, snapshots, lambda watch: steps.append(watch.done))
    assert steps == [1, 2, 3]


def test_only_the_newest_state_is_kept(images: Images, snapshots: Snapshots) -> None:
    run(METHODS["wgan_gp"], images, 6, snapshots)
    files = {file.name for file in snapshots.folder.iterdir()}
    assert {name for name in files if name.startswith("state")} == {"state-000000006.pt"}
    assert files == {INDEX, "state-000000006.pt", *(f"moment-{step:09d}.npy" for step in range(7))}
    index = read_index(snapshots.folder)
    assert index is not None and index["finished"] and index["configuration"] == CONFIGURATION


def test_another_configuration_has_another_snapshot_and_one_moved_there_is_refused(
    images: Images, snapshots: Snapshots, capsys: pytest.CaptureFixture[str]
) -> None:
    method = METHODS["wgan_gp"]
    with pytest.raises(Stopped):
        run(method, images, 6, snapshots, at(4))
    other = Snapshots(snapshots.folder.parent, CONFIGURATION | {"method": {"name": "test", "learning_rate": 2e-3}})
    assert other.folder != snapshots.folder
    steps: list[int] = []
    run(method, images, 2, other, lambda watch: steps.append(watch.done))
    assert steps == [1, 2]
    assert "interrupted training is kept that differs in\n  method.learning_rate: 0.001 → 0.002" in (
        capsys.readouterr().err
    )
    shutil.rmtree(other.folder)
    shutil.copytree(snapshots.folder, other.folder)
    with pytest.raises(SnapshotError, match=r"of another configuration:\n  method\.learning_rate: 0\.001 → 0\.002\n"):
        run(method, images, 6, other)


def test_differences_are_readable() -> None:
    before = {"a": {"b": 1, "c": [1]}, "gone": None, "same": 0}
    assert difference(before, {"a": {"b": 2, "c": [1]}, "same": 0, "new": "x"}) == '  a.b: 1 → 2\n  new: null → "x"'


@pytest.mark.parametrize("kind", ["state", "moment", "snapshot"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "lost"])
def test_a_damaged_snapshot_is_not_used(images: Images, snapshots: Snapshots, kind: str, damage: str) -> None:
    method = METHODS["wgan_gp"]
    whole = run(method, images, 4, snapshots)
    file = next(snapshots.folder.glob(f"{kind}*"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.unlink()
    if damage != "lost":
        file.write_bytes(content if damage == "flipped" else content[: len(content) // 2])
    steps: list[int] = []
    again = run(method, images, 4, snapshots, lambda watch: steps.append(watch.done))
    assert steps == [1, 2, 3, 4]
    assert_same(again, whole)
    steps.clear()
    assert_same(run(method, images, 4, snapshots, lambda watch: steps.append(watch.done)), whole)
    assert steps == []  # the new snapshot is whole again


def test_an_index_that_is_json_but_not_ours_is_not_used(images: Images, snapshots: Snapshots) -> None:
    run(METHODS["wgan_gp"], images, 2, snapshots)
    file = snapshots.folder / INDEX
    changed = file.read_text().replace('"done": 2', '"done": 1')
    for text in (changed, "[]", '{"index": {}}', "\xff"):
        file.write_bytes(text.encode("latin-1"))
        assert read_index(snapshots.folder) is None
    steps: list[int] = []
    run(METHODS["wgan_gp"], images, 2, snapshots, lambda watch: steps.append(watch.done))
    assert steps == [1, 2]


def test_what_a_killed_process_left_in_the_folder_is_removed(images: Images, snapshots: Snapshots) -> None:
    left = snapshots.folder / ".state-000000009.pt~x"
    left.mkdir(parents=True)
    (left / "state-000000009.pt").write_bytes(b"half")
    run(METHODS["wgan_gp"], images, 2, snapshots)
    assert not left.exists()


def test_a_loss_that_is_not_finite_leaves_the_last_good_snapshot(images: Images, snapshots: Snapshots) -> None:
    method = METHODS["wgan_gp"]

    def spoil(watch: Watch) -> None:
        if watch.done == 3:
            images.__dict__["array"] = np.full((12, 3, 32, 32), np.nan, np.float32)

    with pytest.raises(NonFiniteLoss, match=r"test: loss_D is nan at 0\.032 kimg; lower learning_rate, raise"):
        run(method, images, 8, snapshots, spoil)
    index = read_index(snapshots.folder)
    assert index is not None and index["done"] == 2
    images.__dict__.pop("array")
    assert run(method, images, 8, snapshots)[1].done == 8


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_after_the_step_and_saves(
    images: Images, snapshots: Snapshots, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    method, steps = METHODS["wgan_gp"], []

    def interrupt(watch: Watch) -> None:
        steps.append(watch.done)
        if watch.done == 3:
            signal.raise_signal(number)

    with pytest.raises(SystemExit) as ended:
        run(method, images, 8, snapshots, interrupt)
    assert ended.value.code == 128 + number
    assert steps == [1, 2, 3]  # the signal came after the third; the fourth was finished and saved
    index = read_index(snapshots.folder)
    assert index is not None and index["done"] == 4 and not index["finished"]
    assert "interrupted at 0.032 kimg; saved" in capsys.readouterr().err
    assert run(method, images, 8, snapshots)[1].done == 8


def test_a_second_signal_ends_at_once(images: Images, snapshots: Snapshots) -> None:
    def interrupt(watch: Watch) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background
    try:
        with pytest.raises(KeyboardInterrupt):
            run(METHODS["wgan_gp"], images, 8, snapshots, interrupt)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_snapshot_in_use_is_left_alone(
    images: Images, snapshots: Snapshots, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshots.folder.mkdir(parents=True)
    with FileLock(snapshots.folder.with_suffix(".lock")):
        assert run(METHODS["wgan_gp"], images, 2, snapshots)[1].done == 2
    assert read_index(snapshots.folder) is None
    assert "is running already" in capsys.readouterr().err


@given(st.integers(1, 10**6), st.integers(1, 300), st.integers(1, 64))
def test_marks_of_a_longer_training_are_among_a_shorter_ones(steps: int, most: int, times: int) -> None:
    short, long = spacing(steps, most), spacing(steps * times, most)
    assert steps // short <= most
    assert short == 1 or steps // (short // 2) > most
    assert long % short == 0
