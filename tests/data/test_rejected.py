"""Pictures that cannot be used: listed with their reasons, and too many of them stop the stage."""

import shutil
from pathlib import Path

import pytest
from picture_files import CAT_LINE, photo, put, rows, run, write_faces, write_photos, write_scenes

from frugalgan.data.images import write_png
from frugalgan.data.prepare import PreparationError


def test_unusable_photos_are_listed_with_their_reasons(tmp_path: Path) -> None:
    raw = write_faces(tmp_path / "raw", "cat", train=10, val=1)
    first, second, third, fourth, *_ = write_scenes(raw, 20)
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
    raw = write_faces(tmp_path / "raw", "cat", train=19, val=1)
    run(raw, tmp_path / "out")
    before = (tmp_path / "out" / "images.npy").read_bytes()
    for name in ("0001.jpg", "0002.jpg"):
        (raw / "animal-faces" / "afhq" / "train" / "cat" / name).write_bytes(b"")
    with pytest.raises(PreparationError, match=r"2 of 20 photos \(10\.0%\).*prepare\.max_rejected = 0\.05") as caught:
        run(raw, tmp_path / "out", max_rejected=0.05)
    assert "train/cat/0001.jpg: the file is empty" in str(caught.value)
    assert (tmp_path / "out" / "images.npy").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]
    assert run(raw, tmp_path / "out", max_rejected=0.1).rejected == 2


def test_a_picture_of_a_kind_that_cannot_be_read_is_listed_and_not_passed_over(tmp_path: Path) -> None:
    raw = write_photos(tmp_path / "raw", 20)
    put(raw, "phone.HEIC")
    assert run(raw, tmp_path / "out").rejected == 1
    (row,) = rows(tmp_path / "out" / "rejected.csv")
    assert row["file"] == "phone.HEIC"
    assert "not an image of a known kind (JPEG, PNG, " in row["reason"]
