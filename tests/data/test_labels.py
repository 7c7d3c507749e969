"""What data.json and the arrays say: labels from subfolders, grey images, facts that training reads."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from picture_files import DATASET, listing, rows, run, write_faces, write_photo, write_photos

from frugalgan.data.facts import DataFacts, read_facts, write_facts
from frugalgan.data.prepare import MOST_LABELS, PreparationError
from frugalgan.files import FileError


def test_labels_are_the_names_of_subfolders_in_alphabetical_order(tmp_path: Path) -> None:
    for number, name in enumerate(("tulip", "aster", "rose")):
        write_photos(tmp_path / "raw/flowers" / name / "garden", 12, first=100 * number)
    report = run(tmp_path / "raw", tmp_path / "out", labels=True)
    facts = read_facts(tmp_path / "out")
    assert facts == DataFacts(size=32, channels=3, mirror=True, labels=("aster", "rose", "tulip"))
    assert facts.classes == 3
    manifest = rows(tmp_path / "out/manifest.csv")
    for split, file, count in (
        ("train", "labels.npy", report.train),
        ("heldout", "heldout_labels.npy", report.heldout),
    ):
        labels = np.load(tmp_path / "out" / file)
        assert labels.dtype == np.uint8
        assert len(labels) == count
        sources = [Path(row["source"]) for row in manifest if row["split"] == split]
        assert [facts.labels[label] for label in labels] == [source.parts[1] for source in sources]


def test_parts_are_no_labels(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    for animal in ("cat", "dog"):
        write_faces(raw, animal, train=10, val=2)
    run(raw, tmp_path / "out", labels=True)
    assert read_facts(tmp_path / "out").labels == ("cat", "dog")
    assert np.load(tmp_path / "out/labels.npy").tolist() == [0] * 10 + [1] * 10
    assert np.load(tmp_path / "out/heldout_labels.npy").tolist() == [0, 0, 1, 1]


def test_labels_that_are_missing_name_the_first_picture_and_the_cure(tmp_path: Path) -> None:
    write_photos(tmp_path / "raw/rose", 20)
    write_photo(tmp_path / "raw/alone.jpg", 77)
    cure = "put each label's pictures into a subfolder of the source, or set `labels: false`"
    with pytest.raises(PreparationError, match=rf"raw: 1 pictures .*the first: alone\.jpg.*{cure}"):
        run(tmp_path / "raw", tmp_path / "out", labels=True)
    assert not (tmp_path / "out").exists()
    assert run(tmp_path / "raw", tmp_path / "out", labels=False).rejected == 0


def test_one_folder_gives_no_labels_and_too_many_do_not_fit(tmp_path: Path) -> None:
    write_photos(tmp_path / "one/roses", 20)
    with pytest.raises(PreparationError, match="one: 20 pictures lie in no subfolder"):
        run(tmp_path / "one", tmp_path / "out", labels=True)
    picture = write_photo(tmp_path / "many/000/a.jpg", 0).read_bytes()
    for number in range(1, MOST_LABELS + 1):
        (tmp_path / f"many/{number:03d}").mkdir()
        (tmp_path / f"many/{number:03d}/a.jpg").write_bytes(picture)
    with pytest.raises(PreparationError, match="many: 257 different labels, from 2 to 256 are possible"):
        run(tmp_path / "many", tmp_path / "out", labels=True)


def test_labels_without_an_image_for_training_are_named_with_the_cure(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    write_photos(raw / "train/aster", 20)
    write_photos(raw / "train/fern", 20, first=100)
    write_photos(raw / "train/rose", 5)  # those of aster again
    write_photo(raw / "train/tulip/broken.jpg", 1).write_bytes(b"")
    write_photos(raw / "val/violet", 3, first=200)
    write_photos(raw / "val/zinnia", 3, first=300)
    message = r"raw: labels without an image for training: rose, tulip, violet, … .*; add pictures of them to the"
    with pytest.raises(
        PreparationError, match=rf"{message} source, remove their folders, or do without labels \(`labels: false`"
    ):
        run(raw, tmp_path / "out", labels=True)
    assert not (tmp_path / "out").exists()
    assert run(raw, tmp_path / "out", labels=False).train == 40
    for part in ("train/rose", "train/tulip", "val/violet", "val/zinnia"):
        shutil.rmtree(raw / part)
    write_photos(raw / "val/fern", 3, first=200)
    run(raw, tmp_path / "out", labels=True)
    assert read_facts(tmp_path / "out").labels == ("aster", "fern")


def test_pictures_without_labels_have_no_file_of_them(tmp_path: Path) -> None:
    write_photos(tmp_path / "raw/a", 12)
    write_photos(tmp_path / "raw/b", 12, first=100)
    run(tmp_path / "raw", tmp_path / "out", mirror=False)
    assert read_facts(tmp_path / "out") == DataFacts(size=32, channels=3, mirror=False, labels=())
    assert not {"labels.npy", "heldout_labels.npy"} & listing(tmp_path / "out")


def test_grey_images_have_one_channel_of_luma(tmp_path: Path) -> None:
    for seed in range(40):
        write_photo(tmp_path / f"raw/{seed:04d}.png", seed)
    run(tmp_path / "raw", tmp_path / "colour")
    run(tmp_path / "raw", tmp_path / "grey", colour=False)
    for name in ("images.npy", "heldout.npy"):
        colour, grey = (np.load(tmp_path / kind / name).astype(float) for kind in ("colour", "grey"))
        assert grey.shape == (len(colour), 1, 32, 32)
        assert len(grey)
        luma = np.tensordot(colour, [0.299, 0.587, 0.114], axes=(1, 0))
        assert np.abs(grey[:, 0] - luma).max() <= 1
    assert read_facts(tmp_path / "grey").channels == 1


def test_facts_are_written_and_read_again(tmp_path: Path) -> None:
    facts = DataFacts.of(replace(DATASET, colour=False, size=64), labels=("ä", "b"))
    write_facts(tmp_path, facts)
    assert read_facts(tmp_path) == facts == DataFacts(size=64, channels=1, mirror=True, labels=("ä", "b"))


@pytest.mark.parametrize("content", [{"size": 32}, {"labels": 3, "size": 32, "channels": 3, "mirror": True}, [1]])
def test_facts_that_prepare_did_not_write(tmp_path: Path, content: object) -> None:
    (tmp_path / "data.json").write_text(json.dumps(content))
    with pytest.raises(FileError, match=r"data\.json: not what `prepare` writes"):
        read_facts(tmp_path)


def test_missing_facts_are_named_with_the_stage(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cats/data\.json: no such file; `dvc repro prepare@cats` makes it"):
        read_facts(tmp_path / "cats")
