"""Sixteen pictures are enough, and none need be held out."""

from pathlib import Path

import numpy as np
import pytest
from one_training import MODEL, ROW, train, training_folder
from picture_files import run, write_photo, write_photos

from frugalgan.data.facts import HELDOUT, IMAGES
from frugalgan.data.prepare import PreparationError
from frugalgan.files import read_json


@pytest.mark.parametrize("train_part", [16, 12])
def test_sixteen_pictures_are_enough_with_or_without_parts(tmp_path: Path, train_part: int) -> None:
    folder = "train" if train_part < 16 else "all"
    write_photos(tmp_path / "raw" / folder, train_part)
    if train_part < 16:
        write_photos(tmp_path / "raw/val", 16 - train_part, first=100)
    report = run(tmp_path / "raw", tmp_path / "out")
    assert report.train + report.heldout == 16
    (next((tmp_path / "raw" / folder).iterdir())).unlink()
    with pytest.raises(PreparationError, match="at least 16 are needed"):
        run(tmp_path / "raw", tmp_path / "out")


@pytest.mark.parametrize("method", ["vae", "wae", "ae", "wgan_gp"])
def test_methods_train_on_fewer_images_than_a_batch_and_without_held_out_ones(tmp_path: Path, method: str) -> None:
    """As where all that `val` holds cannot be read."""
    write_photos(tmp_path / "raw/train", 20)
    write_photo(tmp_path / "raw/val/broken.png", 1).write_bytes(b"")
    run(tmp_path / "raw", tmp_path / "out")
    folder = training_folder(tmp_path / "project")
    prepared = folder / "data/prepared/dogs"
    for file in (IMAGES, HELDOUT):
        (prepared / file).write_bytes((tmp_path / "out" / file).read_bytes())
    assert len(np.load(prepared / HELDOUT)) == 0
    changes = {"budgets.dogs.batch_size": 32, "budgets.dogs.kimg": 0.064}
    record = train(folder, {MODEL: ROW | {"method": method}}, MODEL, changes) / "record/0"
    assert read_json(record / "record.json", hint="")["batch_size"] == 32
    assert not (record / "heldout.csv").exists()
