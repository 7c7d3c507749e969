"""A training that was interrupted goes on as if it had not been; snapshots of two configurations never mix."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interrupted import CONFIGURATION, Stopped, assert_same, at, run
from small import RECIPES

from frugalgan.data.batches import Images
from frugalgan.training.kept import INDEX, Kept
from frugalgan.training.recipe import Recipe
from frugalgan.training.record import spacing
from frugalgan.training.snapshot import SnapshotError, Snapshots, difference

pytestmark = pytest.mark.usefixtures("small_passes")


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_stopped_on_its_way_it_ends_as_if_it_had_not_been(
    recipe: Recipe, images: Images, snapshots: Snapshots, tmp_path: Path
) -> None:
    whole = run(recipe, images, 3, Snapshots(tmp_path / "whole", CONFIGURATION, 0))
    with pytest.raises(Stopped):  # after an odd number of steps, where some terms come every second one
        run(recipe, images, 3, snapshots, at(1))
    steps: list[int] = []
    assert_same(run(recipe, images, 3, snapshots, lambda recorder: steps.append(recorder.done)), whole)
    assert steps == [2, 3]


def test_stopped_again_and_again_it_ends_as_if_it_had_not_been(
    images: Images, snapshots: Snapshots, tmp_path: Path
) -> None:
    recipe, steps = RECIPES["everything, fastgan, conditional"], list[int]()
    whole = run(recipe, images, 6, Snapshots(tmp_path / "whole", CONFIGURATION, 0))
    for step in range(1, 6):
        with pytest.raises(Stopped):
            run(recipe, images, 6, snapshots, at(step))
    assert_same(run(recipe, images, 6, snapshots, lambda recorder: steps.append(recorder.done)), whole)
    assert steps == [6]


def test_more_training_later_is_the_same_as_more_from_the_start(
    images: Images, snapshots: Snapshots, tmp_path: Path
) -> None:
    recipe = RECIPES["wgan_gp"]
    run(recipe, images, 13, snapshots)  # 13 is no multiple of the spacing of 26's moments
    first: list[int] = []
    longer = run(recipe, images, 26, snapshots, lambda recorder: first.append(recorder.done))
    assert first[0] == 14
    assert_same(longer, run(recipe, images, 26, Snapshots(tmp_path / "whole", CONFIGURATION, 0)))


def test_a_finished_training_is_not_done_again(images: Images, snapshots: Snapshots) -> None:
    done = run(RECIPES["kd"], images, 4, snapshots)
    assert_same(run(RECIPES["kd"], images, 4, snapshots, at(4)), done)


def test_a_shorter_training_starts_anew_and_the_longer_one_goes_on_where_it_was(
    images: Images, snapshots: Snapshots, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = RECIPES["kd"]
    with pytest.raises(Stopped):
        run(recipe, images, 8, snapshots, at(6))
    steps: list[int] = []
    with pytest.raises(Stopped):
        run(recipe, images, 5, snapshots, at(4))
    assert "a longer training is kept at 0.024 kimg, and stays as it is" in capsys.readouterr().err
    shorter = run(recipe, images, 5, snapshots, lambda recorder: steps.append(recorder.done))
    assert steps == [5]  # interrupted, it goes on itself
    assert_same(shorter, run(recipe, images, 5, Snapshots(tmp_path / "shorter", CONFIGURATION, 0)))
    longer = run(recipe, images, 8, snapshots, lambda recorder: steps.append(recorder.done))
    assert steps == [5, 7, 8] and "differs" not in capsys.readouterr().err
    run(recipe, images, 6, snapshots, lambda recorder: steps.append(recorder.done))
    assert steps == [5, 7, 8, 6]  # a little longer than the shorter one
    assert_same(longer, run(recipe, images, 8, Snapshots(tmp_path / "longer", CONFIGURATION, 0)))


def test_what_a_shorter_training_had_seen_is_found_when_the_longer_one_is_gone(
    images: Images, snapshots: Snapshots
) -> None:
    run(RECIPES["kd"], images, 8, snapshots)
    with pytest.raises(Stopped):
        run(RECIPES["kd"], images, 5, snapshots, at(4))
    shutil.rmtree(snapshots.folder)  # as `frugalgan clean` does, of what is finished
    steps: list[int] = []
    run(RECIPES["kd"], images, 5, snapshots, lambda recorder: steps.append(recorder.done))
    assert steps == [5]


def test_an_index_appears_when_the_disk_has_all_that_it_names(
    images: Images, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power failure could leave it alone."""
    on_disk, sync, move = set[int](), os.fsync, os.replace

    def synced(descriptor: int) -> None:
        sync(descriptor)
        on_disk.add(os.fstat(descriptor).st_ino)

    def moved(source: Path, target: Path) -> None:
        if target == snapshots.folder / INDEX:
            state_and_moments = [file for file in snapshots.folder.iterdir() if file.suffix in (".pt", ".npy")]
            assert len(state_and_moments) > 1
            assert on_disk >= {file.stat().st_ino for file in (source, *state_and_moments)}
        move(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", moved)
    run(RECIPES["wgan_gp"], images, 1, snapshots)
    assert Kept.read(snapshots.folder) is not None


def test_only_the_newest_state_is_kept(images: Images, snapshots: Snapshots) -> None:
    run(RECIPES["wgan_gp"], images, 6, snapshots)
    files = {file.name for file in snapshots.folder.iterdir()}
    assert {name for name in files if name.startswith("state")} == {"state-000000006.pt"}
    assert files == {INDEX, "state-000000006.pt", *(f"moment-{step:09d}.npy" for step in range(7))}
    kept = Kept.read(snapshots.folder)
    assert kept is not None and kept.finished and kept.configuration == CONFIGURATION


def test_another_configuration_has_another_snapshot_and_one_moved_there_is_refused(
    images: Images, snapshots: Snapshots, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = RECIPES["wgan_gp"]
    with pytest.raises(Stopped):
        run(recipe, images, 6, snapshots, at(4))
    other = Snapshots(snapshots.folder.parent, CONFIGURATION | {"method": {"name": "test", "learning_rate": 2e-3}}, 6)
    assert other.folder != snapshots.folder
    steps: list[int] = []
    run(recipe, images, 2, other, lambda recorder: steps.append(recorder.done))
    assert steps == [1, 2]
    assert "unfinished or shorter training is kept that differs in\n  method.learning_rate: 0.001 → 0.002" in (
        capsys.readouterr().err
    )
    shutil.rmtree(other.folder)
    shutil.copytree(snapshots.folder, other.folder)
    with pytest.raises(SnapshotError, match=r"of another configuration:\n  method\.learning_rate: 0\.001 → 0\.002\n"):
        run(recipe, images, 6, other)


def test_differences_are_readable() -> None:
    before = {"a": {"b": 1, "c": [1]}, "gone": None, "same": 0}
    assert difference(before, {"a": {"b": 2, "c": [1]}, "same": 0, "new": "x"}) == '  a.b: 1 → 2\n  new: null → "x"'


@given(st.integers(1, 10**6), st.integers(1, 300), st.integers(1, 64))
def test_marks_of_a_longer_training_are_among_a_shorter_ones(steps: int, most: int, times: int) -> None:
    short, long = spacing(steps, most), spacing(steps * times, most)
    assert steps // short <= most
    assert short == 1 or steps // (short // 2) > most
    assert long % short == 0
