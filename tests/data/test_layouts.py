"""Which pictures a folder of any kind holds, and what their places say: part, label, key points, animal."""

import os
from pathlib import Path

import pytest
from picture_files import put, write_photo

from frugalgan.data.index import SUFFIXES, Picture
from frugalgan.data.sources import SourceError
from frugalgan.data.sources.folder import find_pictures

# AFHQ as its first and its second version unpack; the animals of both.
AFHQ = {
    "v1": ("train", "val"),
    "v2": ("train", "test"),
}


def found(source: Path, subject: str = "any") -> list[Picture]:
    pictures = find_pictures(source, subject=subject).pictures
    assert list(pictures) == sorted(pictures)
    assert [one.file for one in pictures.values()] == [source / place for place in pictures]
    assert [one.picture.path for one in pictures.values()] == [place.as_posix() for place in pictures]
    return [one.picture for one in pictures.values()]


def paths(source: Path, subject: str = "any") -> list[str]:
    return [picture.path for picture in found(source, subject)]


def test_pictures_of_any_kind_at_any_depth_and_nothing_else(tmp_path: Path) -> None:
    wanted = [f"{i}/deeper/picture{suffix}" for i, suffix in enumerate(SUFFIXES)]
    wanted += ["-rf .png", 'it\'s a "cat".JPG', "new\nline.png", "ä b.WebP", "a.b.c.TIFF"]
    put(tmp_path, *wanted, "notes.txt", "Thumbs.db", "jpg", "movie.mp4", "a.jpg.cat", "0/._deeper.jpg")
    put(tmp_path, ".cache/a.jpg", ".a.jpg", "__MACOSX/a.jpg")
    (tmp_path / "folder.jpg").mkdir()
    assert paths(tmp_path) == sorted(wanted, key=lambda name: Path(name))
    assert {picture for picture in found(tmp_path) if picture.split or picture.has_points} == set()


def test_names_need_not_be_utf8(tmp_path: Path) -> None:
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9.png"), "wb"):
        pass
    assert paths(tmp_path) == ["caf\udce9.png"]


@pytest.mark.parametrize("version", AFHQ)
@pytest.mark.parametrize("above", ["", "afhq", "animal-faces/afhq", "my downloads/AFHQ/data"])
def test_afhq_whichever_folder_the_source_is(tmp_path: Path, version: str, above: str) -> None:
    train, other = AFHQ[version]
    put(tmp_path / above, *(f"{part}/{kind}/a.jpg" for part in (train, other) for kind in ("cat", "dog", "wild")))
    splits = {"cat": "cat", "dog": "dog", "any": "cat dog wild"}
    for subject, labels in splits.items():
        pictures = found(tmp_path, subject)
        assert {(Path(one.path).parts[-3], one.split) for one in pictures} == {(train, "train"), (other, "heldout")}
        assert {Path(one.path).parts[-2] for one in pictures} == set(labels.split())
        assert {one.label for one in pictures} == (set(labels.split()) if subject == "any" else {""})


def test_one_part_of_afhq_alone_has_no_parts(tmp_path: Path) -> None:
    put(tmp_path, "afhq/train/cat/a.jpg", "afhq/train/dog/b.jpg")
    for source in (tmp_path, tmp_path / "afhq", tmp_path / "afhq/train"):
        assert {(one.split, one.label) for one in found(source)} == {("", "cat"), ("", "dog")}


@pytest.mark.parametrize("above", ["", "archives", "CAT_DATASET_01"])
def test_the_cat_archives_as_they_unpack(tmp_path: Path, above: str) -> None:
    names = ["CAT_00/1.jpg", "CAT_00/2.jpg", "CAT_06/1.jpg"]
    if above != "CAT_DATASET_01":
        names = ["CAT_DATASET_01/CAT_00/1.jpg", "CAT_DATASET_01/CAT_00/2.jpg", "CAT_DATASET_02/CAT_06/1.jpg"]
    put(tmp_path / above, *names, *(f"{name}.cat" for name in names))
    pictures = found(tmp_path, "cat")
    assert [one.path for one in pictures] == [(Path(above) / name).as_posix() for name in names]
    assert all(one.has_points and not one.split for one in pictures)


def test_kaggles_archive_has_each_photo_twice_and_gives_it_once(tmp_path: Path) -> None:
    put(tmp_path, "CAT_00/1.jpg", "CAT_00/1.jpg.cat", "cats/CAT_00/1.jpg", "cats/CAT_00/1.jpg.cat", "cats/CAT_01/2.jpg")
    assert paths(tmp_path) == ["CAT_00/1.jpg", "cats/CAT_01/2.jpg"]


def test_photos_of_one_name_in_other_folders_are_others(tmp_path: Path) -> None:
    put(tmp_path, "may/1.jpg", "june/1.jpg")
    assert paths(tmp_path) == ["june/1.jpg", "may/1.jpg"]


def test_key_points_belong_to_the_photo_of_their_name(tmp_path: Path) -> None:
    put(tmp_path, "mine/a.png", "mine/a.png.cat", "mine/b.png", "mine/c.cat", "CAT_03/d.jpg", "CAT_03/e.jpg")
    put(tmp_path, "CAT_03/e.jpg.cat")
    # In a folder of the CAT data set, a photo without key points is one that lacks them.
    assert {one.path: one.has_points for one in found(tmp_path)} == {
        "CAT_03/d.jpg": True,
        "CAT_03/e.jpg": True,
        "mine/a.png": True,
        "mine/b.png": False,
    }


@pytest.mark.parametrize("folder", ["CAT_2023", "CAT_07", "CAT_03"])
def test_a_folder_that_is_only_called_like_the_cat_data_sets_has_no_key_points(tmp_path: Path, folder: str) -> None:
    put(tmp_path, f"{folder}/a.jpg", f"{folder}/b.jpg")
    assert not any(one.has_points for one in found(tmp_path))


def test_only_the_cat_data_sets_folders_hold_cats_and_copies(tmp_path: Path) -> None:
    put(tmp_path, "CAT_2023/1.jpg", "cats/CAT_2023/1.jpg")
    assert paths(tmp_path) == ["CAT_2023/1.jpg", "cats/CAT_2023/1.jpg"]
    assert paths(tmp_path, "cat") == ["cats/CAT_2023/1.jpg"]


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    longest = "x" * 251 + ".jpg"
    put(tmp_path, longest, f"CAT_00/{longest}", "CAT_00/a.jpg", "CAT_00/a.jpg.cat")
    assert {one.path: one.has_points for one in found(tmp_path)} == {
        f"CAT_00/{longest}": True,
        "CAT_00/a.jpg": True,
        longest: False,
    }


@pytest.mark.parametrize(("first", "second"), [("train", "val"), ("Training", "VALIDATION"), ("train", "testing")])
def test_parts_above_or_below_the_labels(tmp_path: Path, first: str, second: str) -> None:
    put(tmp_path / "above", f"{first}/rose/a.jpg", f"{first}/aster/b.jpg", f"{second}/rose/c.jpg")
    put(tmp_path / "below", f"rose/{first}/a.jpg", f"aster/{first}/b.jpg", f"rose/{second}/c.jpg")
    for source in ("above", "below"):
        by_name = {Path(one.path).name: (one.split, one.label) for one in found(tmp_path / source)}
        assert by_name == {"a.jpg": ("train", "rose"), "b.jpg": ("train", "aster"), "c.jpg": ("heldout", "rose")}


def test_a_picture_outside_of_the_parts_belongs_to_none(tmp_path: Path) -> None:
    put(tmp_path, "train/a.jpg", "val/b.jpg", "c.jpg")
    assert {one.path: one.split for one in found(tmp_path)} == {
        "c.jpg": "",
        "train/a.jpg": "train",
        "val/b.jpg": "heldout",
    }


def test_the_label_is_the_first_folder_that_not_all_share(tmp_path: Path) -> None:
    put(tmp_path, "photos/flowers/rose/may/a.jpg", "photos/flowers/rose/june/b.jpg", "photos/flowers/aster/c.jpg")
    assert [one.label for one in found(tmp_path)] == ["aster", "rose", "rose"]
    put(tmp_path, "photos/d.jpg")
    assert {one.path.split("/")[1]: one.label for one in found(tmp_path)} == {"d.jpg": "", "flowers": "flowers"}


def test_the_subject_chooses_where_folders_say_the_animal(tmp_path: Path) -> None:
    put(tmp_path, "Cats/a.jpg", "dog/b.jpg", "CAT_00/c.jpg", "mixed/d.jpg", "dogs/2022/e.jpg", "wild/f.jpg")
    assert paths(tmp_path, "cat") == ["CAT_00/c.jpg", "Cats/a.jpg"]
    assert paths(tmp_path, "dog") == ["dog/b.jpg", "dogs/2022/e.jpg"]
    assert len(paths(tmp_path, "any")) == 6


def test_the_subject_chooses_nothing_where_no_folder_says_an_animal(tmp_path: Path) -> None:
    put(tmp_path, "flowers/a.jpg", "b.jpg", "categories/c.jpg")
    assert paths(tmp_path, "cat") == paths(tmp_path, "dog") == paths(tmp_path, "any")


def test_a_subject_that_is_not_there_says_what_is(tmp_path: Path) -> None:
    put(tmp_path, "source/cat/a.jpg", "source/cat/b.jpg", "source/wild/c.jpg", "source/d.jpg")
    there = "no pictures of a dog; there are 1 without an animal's folder, 2 cat, 1 wild"
    with pytest.raises(SourceError, match=rf"source: {there}; change the data set's subject or source"):
        find_pictures(tmp_path / "source", subject="dog")


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("notes.txt", r"1 other files \(1 \.txt\); pictures"),
        ("cats.zip", r"1 other files \(1 \.zip\): unpack the archives; pictures"),
        ("cat-dataset/CAT_00/a.jpg.cat", "no other files"),
        ("afhq/train/cat/._a.jpg", "no other files"),
        ("camera/0001.CR2", r"no other files; .*; camera/0001\.CR2: \.cr2: this kind is not read; save it as JPEG"),
    ],
)
def test_a_folder_without_pictures_says_what_is_there(tmp_path: Path, name: str, there: str) -> None:
    put(tmp_path / "source", name)
    with pytest.raises(SourceError, match=rf"source: no pictures in it or its subfolders, but {there}") as caught:
        find_pictures(tmp_path / "source", subject="any")
    assert "pictures are files .jpg, .jpeg, " in str(caught.value)


def test_pictures_are_known_by_their_content_where_the_name_does_not_say_it(tmp_path: Path) -> None:
    put(tmp_path, "notes.txt", "README", "table.csv", "more.txt")
    for kind, suffix in (
        ("jpg", ".jpeg_large"),
        ("png", ""),
        ("webp", ".img"),
        ("gif", ".1"),
        ("tif", ".scan"),
        ("avif", ".x"),
    ):
        write_photo(tmp_path / f"{kind}.{kind}", 1).rename(tmp_path / f"{kind}{suffix}")
    survey = find_pictures(tmp_path, subject="any")
    assert {place.stem for place in survey.pictures} == {"jpg", "png", "webp", "gif", "tif", "avif"}
    assert survey.others_said() == "4 other files (2 .txt, 1 without a suffix, 1 .csv)"


def test_pictures_of_kinds_that_are_not_read_are_listed(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "b.psd", "c.NEF", "d.svg")
    reasons = find_pictures(tmp_path, subject="any").left_out
    assert {place.name for place in reasons} == {"b.psd", "c.NEF", "d.svg"}
    assert all(reason.endswith("this kind is not read; save it as JPEG or PNG") for reason in reasons.values())


@pytest.mark.parametrize(("part", "left"), [("", "cat"), ("train", "cat"), ("train/cat", "cat"), ("train/dog", "dog")])
def test_the_source_may_be_any_folder_of_a_layout(tmp_path: Path, part: str, left: str) -> None:
    put(tmp_path, "afhq/train/cat/a.jpg", "afhq/train/dog/b.jpg", "afhq/test/cat/c.jpg", "afhq/test/dog/d.jpg")
    source = tmp_path / "afhq" / part
    assert paths(source, left) == sorted(f for f in paths(source) if left in (source / f).parts)
    if part.count("/"):
        with pytest.raises(
            SourceError, match=rf"{part}: no pictures of a \w+; there are 1 {left}; change the data set's"
        ):
            find_pictures(source, subject={"cat": "dog", "dog": "cat"}[left])


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "open/a.jpg", "closed/b.jpg")
    scan = os.scandir

    def closed(folder: str) -> object:
        if os.path.basename(folder) == "closed":
            raise PermissionError(13, "Permission denied", folder)
        return scan(folder)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(PermissionError, match="closed"):
        find_pictures(tmp_path, subject="any")
