"""Snapshots that were damaged are not used, and what is good of one stays."""

import numpy as np
import pytest
from interrupted import assert_same, run
from small import RECIPES

from frugalgan.data.batches import Images
from frugalgan.training.kept import INDEX, Kept
from frugalgan.training.record import NonFiniteLoss, Recorder
from frugalgan.training.snapshot import Snapshots


@pytest.mark.parametrize("kind", ["state", "moment", "snapshot"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "lost"])
def test_a_damaged_snapshot_is_not_used(
    images: Images, snapshots: Snapshots, capsys: pytest.CaptureFixture[str], kind: str, damage: str
) -> None:
    recipe = RECIPES["wgan_gp"]
    whole = run(recipe, images, 4, snapshots)
    file = next(snapshots.folder.glob(f"{kind}*"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.unlink()
    if damage != "lost":
        file.write_bytes(content if damage == "flipped" else content[: len(content) // 2])
    steps: list[int] = []
    again = run(recipe, images, 4, snapshots, lambda recorder: steps.append(recorder.done))
    assert steps == [1, 2, 3, 4]
    assert ("this snapshot is damaged" in capsys.readouterr().err) == (kind != "snapshot")  # the index, which names it
    assert_same(again, whole)
    steps.clear()
    assert_same(run(recipe, images, 4, snapshots, lambda recorder: steps.append(recorder.done)), whole)
    assert steps == []  # the new snapshot is whole again


def test_an_index_that_is_json_but_not_ours_is_not_used(images: Images, snapshots: Snapshots) -> None:
    run(RECIPES["wgan_gp"], images, 2, snapshots)
    file = snapshots.folder / INDEX
    changed = file.read_text().replace('"done": 2', '"done": 1')
    for text in (changed, "[]", '{"index": {}}', "\xff"):
        file.write_bytes(text.encode("latin-1"))
        assert Kept.read(snapshots.folder) is None
    steps: list[int] = []
    run(RECIPES["wgan_gp"], images, 2, snapshots, lambda recorder: steps.append(recorder.done))
    assert steps == [1, 2]


def test_what_a_killed_process_left_in_the_folder_is_removed(images: Images, snapshots: Snapshots) -> None:
    left = snapshots.folder / ".state-000000009.pt~x"
    left.mkdir(parents=True)
    (left / "state-000000009.pt").write_bytes(b"half")
    run(RECIPES["wgan_gp"], images, 2, snapshots)
    assert not left.exists()


def test_a_loss_that_is_not_finite_leaves_the_last_good_snapshot(images: Images, snapshots: Snapshots) -> None:
    recipe = RECIPES["wgan_gp"]

    def spoil(recorder: Recorder) -> None:
        if recorder.done == 3:
            images.__dict__["array"] = np.full((12, 3, 32, 32), np.nan, np.float32)

    with pytest.raises(NonFiniteLoss, match=r"test: loss_D is nan at 0\.032 kimg; lower learning_rate, raise"):
        run(recipe, images, 8, snapshots, spoil)
    kept = Kept.read(snapshots.folder)
    assert kept is not None and kept.done == 3
    images.__dict__.pop("array")
    assert run(recipe, images, 8, snapshots)[1].done == 8
