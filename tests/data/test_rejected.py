"""Pictures that cannot be used: listed with their reasons, and too many of them stop the stage."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from picture_files import CAT_LINE, DATASET, photo, put, rejecting, rows, run, write_faces, write_photos, write_scenes
from PIL import Image

from frugalgan.data.cropping import crop_photo
from frugalgan.data.images import write_png
from frugalgan.data.index import Picture
from frugalgan.data.prepare import PreparationError, prepare
from frugalgan.data.sources import SourceError, fetch


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


def test_what_cannot_be_fetched_is_listed_and_counted_with_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_photos(tmp_path / "source", 20)
    put(source, "closed.jpg", "layers.psd", "broken.png", "notes.txt")
    read = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.name == "closed.jpg":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    dataset = replace(DATASET, source=str(source))
    fetch(dataset, tmp_path / "raw")
    assert (
        "21 pictures copied, 2 left out (rejected.csv will say why), 1 other files (1 .txt)" in capsys.readouterr().out
    )
    report = prepare(tmp_path / "raw", tmp_path / "out", dataset, rejecting(0.5))
    reasons = {row["file"]: row["reason"] for row in rows(tmp_path / "out" / "rejected.csv")}
    assert report.rejected == len(reasons) == 3
    assert reasons["closed.jpg"] == "can't be read: Permission denied"
    assert reasons["layers.psd"].startswith(".psd: this kind is not read")
    assert reasons["broken.png"].startswith("not an image of a known kind")
    with pytest.raises(PreparationError, match=r"3 of 23 photos"):
        prepare(tmp_path / "raw", tmp_path / "out", dataset, rejecting(0.1))
    fetch(dataset, tmp_path / "raw")  # left_out.csv is nobody's original


def test_a_source_of_which_nothing_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_photos(tmp_path / "source", 2)

    def refused(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(
        SourceError, match=r"none of the pictures can be read; 0000\.jpg: can't be read: Permission deni"
    ):
        fetch(replace(DATASET, source=str(source)), tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def test_values_of_a_camera_are_counted(tmp_path: Path) -> None:
    raw = write_photos(tmp_path / "raw", 20)
    values = photo(99).astype(np.uint16) * 16  # 12 bits
    (raw / "camera.png").write_bytes(cv2.imencode(".png", values)[1].tobytes())
    assert str(run(raw, tmp_path / "out")).endswith(
        "; 1 of 16 bits use only 10 to 14 of them and were scaled accordingly"
    )


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("crop", ["eyes", "thesis"])
def test_key_points_give_the_same_face_whatever_the_orientation(tmp_path: Path, crop: str, orientation: int) -> None:
    """They are of the pixels as stored."""
    (path,) = write_scenes(tmp_path, 1)
    picture = Picture(path.relative_to(tmp_path).as_posix(), has_points=True)
    plain = crop_photo(tmp_path, picture, crop=crop, size=32, max_pixels=10**6)  # pyright: ignore[reportArgumentType]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path.write_bytes(path.read_bytes()[:2] + exif_segment(exif) + path.read_bytes()[2:])
    turned = crop_photo(tmp_path, picture, crop=crop, size=32, max_pixels=10**6)  # pyright: ignore[reportArgumentType]
    assert plain.face is not None and turned.face is not None
    assert np.array_equal(plain.face, turned.face)


def exif_segment(exif: Image.Exif) -> bytes:
    """As it stands right behind the start of a JPEG."""
    data = exif.tobytes()
    return b"\xff\xe1" + (len(data) + 2).to_bytes(2, "big") + data
