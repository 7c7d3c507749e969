"""Facts about prepared pictures: which are held out, what the manifest says, that the old result stays."""

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from picture_files import DATASET, listing, rejecting, rows, run, write_faces, write_scenes

from frugalgan.data.images import read_rgb, resize
from frugalgan.data.index import write_index
from frugalgan.data.prepare import PreparationError, PreparationReport, prepare
from frugalgan.data.sources.folder import find_pictures
from frugalgan.files import FileError

OUTPUTS = ["data.json", "heldout.npy", "images.npy", "manifest.csv", "rejected.csv"]


def heldout(out: Path) -> set[str]:
    return {row["source"] for row in rows(out / "manifest.csv") if row["split"] == "heldout"}


def test_val_is_held_out_and_everything_is_in_the_manifest(tmp_path: Path) -> None:
    raw, out = write_faces(tmp_path / "raw", "dog", train=20, val=3), tmp_path / "made" / "out"
    assert run(raw, out) == PreparationReport(train=20, heldout=3, rejected=0, duplicates=0)
    assert sorted(path.name for path in out.iterdir()) == OUTPUTS
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    arrays = {
        "train": np.load(out / "images.npy", mmap_mode="r"),
        "heldout": np.load(out / "heldout.npy", mmap_mode="r"),
    }
    assert arrays["train"].shape == (20, 3, 32, 32)
    assert arrays["train"].dtype == np.uint8
    manifest = rows(out / "manifest.csv")
    assert [row["source"] for row in manifest[:20]] == sorted(row["source"] for row in manifest[:20])
    for row in manifest:
        source = raw / row["source"]
        assert row["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
        assert ("val" in source.parts) == (row["split"] == "heldout")
        assert (row["x"], row["y"], row["side"], row["angle"]) == ("63.5", "63.5", "128", "0")
        image = arrays[row["split"]][int(row["index"])].transpose(1, 2, 0)
        # The JPEG was decoded at half its size: nearly, not exactly, the same.
        assert np.abs(image.astype(int) - resize(read_rgb(source), 32)).mean() < 1


def test_a_tenth_by_content_is_held_out_where_upstream_has_no_val(tmp_path: Path) -> None:
    raw = write_faces(tmp_path / "raw", "cat", train=150, val=0)
    report = run(raw, tmp_path / "out")
    assert report.train + report.heldout == 150
    assert 5 <= report.heldout <= 27
    held = heldout(tmp_path / "out")
    # The same photos, under other names and in other company, are held out again.
    write_scenes(raw, 30)
    for source in held:
        (raw / source).rename((raw / source).with_name("renamed_" + Path(source).name))
    run(raw, tmp_path / "again")
    again = heldout(tmp_path / "again")
    assert {name.replace("renamed_", "") for name in again if "afhq" in name} == held


def test_scenes_give_a_tenth_beside_faces_whose_upstream_has_val(tmp_path: Path) -> None:
    raw = write_faces(tmp_path / "raw", "cat", train=10, val=2)
    write_scenes(raw, 100)
    report = run(raw, tmp_path / "out")
    scenes = {name for name in heldout(tmp_path / "out") if "CAT_0" in name}
    assert len(heldout(tmp_path / "out")) == report.heldout == len(scenes) + 2
    assert 3 <= len(scenes) <= 20


def test_the_result_does_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    raw = write_faces(tmp_path / "raw", "cat", train=30, val=4)
    write_scenes(raw, 20)
    write_index(raw, (found.picture for found in find_pictures(raw, subject="any").pictures.values()))
    for workers in (1, 3):
        prepare(raw, tmp_path / str(workers), DATASET, rejecting(0.0), workers=workers)
    for name in OUTPUTS:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "3" / name).read_bytes()


def test_duplicates_are_kept_once_and_never_on_both_sides(tmp_path: Path) -> None:
    raw = write_faces(tmp_path / "raw", "cat", train=17, val=3)
    folder = raw / "animal-faces" / "afhq"
    shutil.copy(folder / "val" / "cat" / "1001.jpg", folder / "train" / "cat" / "0000a.jpg")
    shutil.copy(folder / "train" / "cat" / "0003.jpg", folder / "train" / "cat" / "zzz.jpg")
    report = run(raw, tmp_path / "out", max_rejected=0.0)
    assert report == PreparationReport(train=17, heldout=3, rejected=0, duplicates=2)
    assert rows(tmp_path / "out" / "rejected.csv") == [
        {
            "file": "animal-faces/afhq/train/cat/0000a.jpg",
            "reason": "duplicate of animal-faces/afhq/val/cat/1001.jpg",
        },
        {
            "file": "animal-faces/afhq/train/cat/zzz.jpg",
            "reason": "duplicate of animal-faces/afhq/train/cat/0003.jpg",
        },
    ]


def test_too_few_images_name_folder_numbers_and_cure(tmp_path: Path) -> None:
    raw = write_faces(tmp_path / "raw", "cat", train=14, val=1)
    with pytest.raises(
        PreparationError, match=r"raw: 14 pictures .* 1 held out, .* at least 16 are needed, .*; add pict"
    ):
        run(raw, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_what_was_not_fetched_is_named_with_the_stage(tmp_path: Path) -> None:
    for make in (lambda: None, (tmp_path / "cats").mkdir):
        make()
        with pytest.raises(FileError, match=r"cats/index\.csv: no such file; `dvc repro fetch@cats` makes it"):
            prepare(tmp_path / "cats", tmp_path / "out", DATASET, rejecting(0.5))
    (tmp_path / "cats/index.csv").write_text("name\nme\n")
    with pytest.raises(FileError, match=r"index\.csv: not a table of file, split, label, has_points"):
        prepare(tmp_path / "cats", tmp_path / "out", DATASET, rejecting(0.5))


def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path) -> None:
    raw = write_faces(tmp_path / "raw", "cat", train=17, val=1)
    with pytest.raises(FileExistsError, match="animal-faces"):
        run(raw, raw)
    assert len(list(raw.rglob("*.jpg"))) == 18


def test_a_prepared_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    raw = write_faces(tmp_path / "raw", "cat", train=17, val=1)
    write_faces(raw, "dog", train=17, val=1)
    run(raw, tmp_path / "out", labels=True)
    assert {"labels.npy", "heldout_labels.npy"} < listing(tmp_path / "out")
    run(raw, tmp_path / "out")
    assert sorted(listing(tmp_path / "out")) == OUTPUTS


def test_file_names_need_not_be_utf8(tmp_path: Path) -> None:
    raw = write_faces(tmp_path / "raw", "cat", train=16, val=1)
    first = raw / "animal-faces" / "afhq" / "train" / "cat" / "0000.jpg"
    os.rename(first, os.path.join(os.fsencode(first.parent), b"caf\xe9.jpg"))
    assert run(raw, tmp_path / "out").train == 16
    assert rows(tmp_path / "out" / "manifest.csv")[15]["source"].endswith(r"caf\udce9.jpg")


def test_crops_of_scenes_are_those_of_the_key_points(tmp_path: Path) -> None:
    write_scenes(tmp_path / "raw", 24)
    boxes = {}
    for crop in ("eyes", "thesis", "centre"):
        run(tmp_path / "raw", tmp_path / crop, crop=crop)
        boxes[crop] = {tuple(row[key] for key in ("side", "angle")) for row in rows(tmp_path / crop / "manifest.csv")}
    assert boxes == {"eyes": {("96.2131", "3.81407")}, "thesis": {("86", "0")}, "centre": {("128", "0")}}


@pytest.mark.parametrize("subject", ["cat", "dog"])
def test_real_photos_are_all_usable(subject: str, photos: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "animal-faces").symlink_to(photos / "animal-faces")
    found = find_pictures(photos / "animal-faces", subject=subject).pictures
    write_index(raw, (replace(one.picture, path=f"animal-faces/{place.as_posix()}") for place, one in found.items()))
    report = prepare(raw, tmp_path / "out", replace(DATASET, size=64), rejecting(0.01))
    images = np.load(tmp_path / "out" / "images.npy", mmap_mode="r")
    assert images.shape == (report.train, 3, 64, 64)
    assert report.heldout > 0
    assert 60 < images[:100].mean() < 190
