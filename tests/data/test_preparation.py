"""Facts about the prepare stage, on small folders in the upstream layouts."""

import csv
import hashlib
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from frugalgan.data.growing_array import GrowingArray
from frugalgan.data.images import read_rgb, resize, write_png
from frugalgan.data.prepare import PreparationError, PreparationReport, prepare

CAT_LINE = "9 30 40 60 42 45 60 20 30 15 10 25 25 70 30 80 12 72 26 "
OUTPUTS = ["heldout.npy", "images.npy", "manifest.csv", "rejected.csv"]


def photo(seed: int, size: int = 96) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)


def write_jpeg(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), photo(seed))
    return path


def faces(raw: Path, animal: str, *, train: int, val: int) -> Path:
    for split, seeds in (("train", range(train)), ("val", range(1000, 1000 + val))):
        for seed in seeds:
            write_jpeg(raw / "animal-faces" / "afhq" / split / animal / f"{seed:04d}.jpg", seed)
    return raw


def scenes(raw: Path, count: int) -> list[Path]:
    paths = [write_jpeg(raw / "cat-dataset" / f"CAT_0{i % 2}" / f"{i:08d}_000.jpg", 5000 + i) for i in range(count)]
    for path in paths:
        path.with_name(path.name + ".cat").write_text(CAT_LINE)
    return paths


def run(raw: Path, out: Path, **changes: object) -> PreparationReport:
    arguments = {"animal": "cat", "image_size": 16, "crop": "eyes", "max_rejected": 0.5, "minimum": 1, "workers": 2}
    return prepare(raw, out, **(arguments | changes))  # type: ignore[arg-type]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_val_is_held_out_and_everything_is_in_the_manifest(tmp_path: Path) -> None:
    raw, out = faces(tmp_path / "raw", "dog", train=20, val=3), tmp_path / "made" / "out"
    assert run(raw, out, animal="dog") == PreparationReport(train=20, heldout=3, rejected=0, duplicates=0)
    assert sorted(path.name for path in out.iterdir()) == OUTPUTS
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    arrays = {
        "train": np.load(out / "images.npy", mmap_mode="r"),
        "heldout": np.load(out / "heldout.npy", mmap_mode="r"),
    }
    assert arrays["train"].shape == (20, 3, 16, 16)
    assert arrays["train"].dtype == np.uint8
    manifest = rows(out / "manifest.csv")
    assert [row["source"] for row in manifest[:20]] == sorted(row["source"] for row in manifest[:20])
    for row in manifest:
        source = raw / row["source"]
        assert row["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
        assert ("val" in source.parts) == (row["split"] == "heldout")
        assert (row["x"], row["y"], row["side"], row["angle"]) == ("47.5", "47.5", "96", "0")
        image = arrays[row["split"]][int(row["index"])].transpose(1, 2, 0)
        # The JPEG was decoded at half its size: nearly, not exactly, the same.
        assert np.abs(image.astype(int) - resize(read_rgb(source), 16)).mean() < 1


def test_a_tenth_by_content_is_held_out_where_upstream_has_no_val(tmp_path: Path) -> None:
    raw = faces(tmp_path / "raw", "cat", train=150, val=0)
    report = run(raw, tmp_path / "out")
    assert report.train + report.heldout == 150
    assert 5 <= report.heldout <= 27
    held = {row["source"] for row in rows(tmp_path / "out" / "manifest.csv") if row["split"] == "heldout"}
    # The same photos, under other names and in other company, are held out again.
    scenes(raw, 30)
    for source in held:
        (raw / source).rename((raw / source).with_name("renamed_" + Path(source).name))
    run(raw, tmp_path / "again")
    again = {row["source"] for row in rows(tmp_path / "again" / "manifest.csv") if row["split"] == "heldout"}
    assert {name.replace("renamed_", "") for name in again if "afhq" in name} == held


def test_the_result_does_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    raw = faces(tmp_path / "raw", "cat", train=30, val=4)
    scenes(raw, 20)
    for workers in (1, 3):
        run(raw, tmp_path / str(workers), workers=workers)
    for name in OUTPUTS:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "3" / name).read_bytes()


def test_duplicates_are_kept_once_and_never_on_both_sides(tmp_path: Path) -> None:
    raw = faces(tmp_path / "raw", "cat", train=12, val=3)
    folder = raw / "animal-faces" / "afhq"
    shutil.copy(folder / "val" / "cat" / "1001.jpg", folder / "train" / "cat" / "0000a.jpg")
    shutil.copy(folder / "train" / "cat" / "0003.jpg", folder / "train" / "cat" / "zzz.jpg")
    report = run(raw, tmp_path / "out", max_rejected=0.0)
    assert report == PreparationReport(train=12, heldout=3, rejected=0, duplicates=2)
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


def test_unusable_photos_are_listed_with_their_reasons(tmp_path: Path) -> None:
    raw = faces(tmp_path / "raw", "cat", train=10, val=1)
    first, second, third, fourth, *_ = scenes(raw, 9)
    first.with_name(first.name + ".cat").unlink()
    second.with_name(second.name + ".cat").write_text("8 " + "1 2 " * 8)
    third.with_name(third.name + ".cat").write_text(CAT_LINE.replace("60", "sixty"))
    fourth.write_bytes(fourth.read_bytes()[:-50])
    small = raw / "animal-faces" / "afhq" / "train" / "cat" / "small.png"
    write_png(small, photo(1, size=7))
    # A photo that is unusable in one place does not stand in the way of its copy in another.
    copy = first.with_name("copy.jpg")
    shutil.copy(first, copy)
    copy.with_name("copy.jpg.cat").write_text(CAT_LINE)
    report = run(raw, tmp_path / "out")
    reasons = {Path(row["file"]).name: row["reason"] for row in rows(tmp_path / "out" / "rejected.csv")}
    assert report.rejected == len(reasons) == 5
    assert "00000000_000.jpg.cat is missing" in reasons[first.name]
    assert "8 key points" in reasons[second.name]
    assert "'sixty'" in reasons[third.name]
    assert "truncated" in reasons[fourth.name]
    assert "less than 8" in reasons[small.name]
    assert str(report).endswith("5 unusable, 0 duplicates")


def test_too_many_unusable_photos_stop_the_stage_and_leave_the_old_result(tmp_path: Path) -> None:
    raw = faces(tmp_path / "raw", "cat", train=9, val=1)
    run(raw, tmp_path / "out")
    before = (tmp_path / "out" / "images.npy").read_bytes()
    for name in ("0001.jpg", "0002.jpg"):
        (raw / "animal-faces" / "afhq" / "train" / "cat" / name).write_bytes(b"")
    with pytest.raises(PreparationError, match=r"2 of 10 photos \(20\.0%\).*prepare\.max_rejected = 0\.1") as caught:
        run(raw, tmp_path / "out", max_rejected=0.1)
    assert "train/cat/0001.jpg: the file is empty" in str(caught.value)
    assert (tmp_path / "out" / "images.npy").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]
    assert run(raw, tmp_path / "out", max_rejected=0.2).rejected == 2


def test_too_few_images_name_folder_numbers_and_mend(tmp_path: Path) -> None:
    raw = faces(tmp_path / "raw", "cat", train=9, val=1)
    with pytest.raises(PreparationError, match=r"raw: 9 cat images .* 64 are needed .*batch_size"):
        run(raw, tmp_path / "out", minimum=64)
    assert not (tmp_path / "out").exists()


def test_missing_and_empty_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="raw: no such folder"):
        run(tmp_path / "raw", tmp_path / "out")
    (tmp_path / "raw" / "animal-faces" / "afhq" / "train" / "cat").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"no cat photos.*cat-dataset/CAT_\*"):
        run(tmp_path / "raw", tmp_path / "out")
    faces(tmp_path / "raw", "cat", train=3, val=0)
    with pytest.raises(FileNotFoundError, match="no dog photos"):
        run(tmp_path / "raw", tmp_path / "out", animal="dog")


def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path) -> None:
    raw = faces(tmp_path / "raw", "cat", train=3, val=1)
    with pytest.raises(FileExistsError, match="animal-faces"):
        run(raw, raw)
    assert len(list(raw.rglob("*.jpg"))) == 4


def test_file_names_need_not_be_utf8(tmp_path: Path) -> None:
    raw = faces(tmp_path / "raw", "cat", train=3, val=1)
    first = raw / "animal-faces" / "afhq" / "train" / "cat" / "0000.jpg"
    os.rename(first, os.path.join(os.fsencode(first.parent), b"caf\xe9.jpg"))
    assert run(raw, tmp_path / "out").train == 3
    assert rows(tmp_path / "out" / "manifest.csv")[2]["source"].endswith(r"caf\udce9.jpg")


def test_crops_of_scenes_are_those_of_the_key_points(tmp_path: Path) -> None:
    scenes(tmp_path / "raw", 12)
    boxes = {}
    for crop in ("eyes", "thesis"):
        run(tmp_path / "raw", tmp_path / crop, crop=crop)
        boxes[crop] = {tuple(row[key] for key in ("side", "angle")) for row in rows(tmp_path / crop / "manifest.csv")}
    assert boxes == {"eyes": {("96.2131", "3.81407")}, "thesis": {("86", "0")}}


def test_a_growing_array_is_an_ordinary_array(tmp_path: Path) -> None:
    items = np.random.default_rng(0).integers(0, 256, (1234, 3, 2, 2), dtype=np.uint8)
    with GrowingArray(tmp_path / "a.npy", (3, 2, 2)) as array:
        assert [array.append(item) for item in items] == list(range(1234))
        with pytest.raises(ValueError, match="uint8"):
            array.append(items[0, :1])
    assert np.array_equal(np.load(tmp_path / "a.npy", mmap_mode="r"), items)
    with GrowingArray(tmp_path / "empty.npy", (3, 2, 2)):
        pass
    assert np.load(tmp_path / "empty.npy", mmap_mode="r").shape == (0, 3, 2, 2)


@pytest.mark.parametrize("animal", ["cat", "dog"])
def test_real_photos_are_all_usable(animal: str, photos: Path, tmp_path: Path) -> None:
    report = run(photos, tmp_path / "out", animal=animal, image_size=64, max_rejected=0.01)
    images = np.load(tmp_path / "out" / "images.npy", mmap_mode="r")
    assert images.shape == (report.train, 3, 64, 64)
    assert report.heldout > 0
    assert 60 < images[:100].mean() < 190
