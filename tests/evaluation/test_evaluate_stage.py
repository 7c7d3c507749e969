"""The stage `evaluate` in a folder of its own: what it writes of a model, and that it writes all or nothing."""

import json
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from pipeline import PROJECT
from small_study import EVALUATE, dataset, row, small_study
from trained_models import RECORD, prepared, trained
from untrained_autoencoders import VAE, autoencoder, noise_images

from frugalgan.config import places
from frugalgan.data.images import read_rgb
from frugalgan.data.styles import styled
from frugalgan.evaluation.autoencoders import random_decodes
from frugalgan.evaluation.features import extract, extractor, save_features
from frugalgan.evaluation.metrics.content import content_kept
from frugalgan.evaluation.reference import reference
from frugalgan.files import FileError, write_json
from frugalgan.networks.store import save_model

ROWS = {
    "cats_vae": row(method="vae", seeds=2),
    "teacher": row(),
    "negative_cats": row(data="negatives", source="teacher", start="transfer"),
}
SIZES = {"samples": 6, "reference": 10}
DATASETS = {"cats": dataset(**SIZES), "negatives": dataset(**SIZES, style="negative")}


@pytest.fixture
def main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The stage, in a folder with two trained models in it."""
    monkeypatch.chdir(tmp_path)
    study = small_study(ROWS, seed=3, datasets=DATASETS)
    Path("params.yaml").write_text(yaml.safe_dump(study.raw))
    Path("models.yaml").write_text(yaml.safe_dump({"models": ROWS}))
    network = extractor("efficientnet_lite0_mid64", None, torch.device("cpu"))
    places.prepared("cats").parent.mkdir(parents=True)
    for name in DATASETS:
        prepared(places.prepared(name), noise_images(20), heldout=4)
        sets = reference(network, places.prepared(name), name=name, n=10, seed=EVALUATE["seed"], batch_size=4)
        save_features(places.reference(name), sets)
        write_json(places.floor(name), {})
    for name, one in ROWS.items():
        images = noise_images(one["seeds"] * 18).reshape(one["seeds"], 18, 3, 32, 32)
        trained(tmp_path / "trained", images, images[:, None, :6].repeat(2, axis=1), seed=3)
        shutil.move("trained/samples", places.samples(name))
        for number in range(one["seeds"]):
            seed = 3 + number
            shutil.move(f"trained/record/{number}", places.record(name) / str(seed))
            (places.weights(name) / str(seed)).mkdir(parents=True)
            networks = autoencoder(VAE).parts
            parts = networks if name == "cats_vae" else {"generator": networks["generator"]}
            save_model(places.weights(name) / str(seed), parts)
            write_json(places.record(name) / str(seed) / "record.json", RECORD | {"parts": list(parts)})
            (places.record(name) / str(seed) / "history.csv").write_text("kimg,seconds,reconstruction\n1,1,0.5\n")
        shutil.rmtree("trained")
    return runpy.run_path(str(PROJECT / "stages" / "evaluate.py"))["main"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_numbers_and_pictures_of_each_model(main: Callable[[str], None]) -> None:
    main("teacher")
    main("cats_vae")
    assert names(places.pictures("teacher")) == ["neighbours.png"]
    assert names(places.pictures("cats_vae")) == ["losses.png", "neighbours.png", "random.png", "reconstructions.png"]
    expected = random_decodes(autoencoder(VAE), n=100, columns=20, seed=EVALUATE["seed"])
    assert np.array_equal(read_rgb(places.pictures("cats_vae") / "random.png"), expected)
    all_numbers, some = (json.loads(find("cats_vae").read_text()) for find in (places.evaluation, places.summary))
    assert all_numbers["seeds"] == [3, 4] and len(all_numbers["quality"]) == 2 and " thread" in all_numbers["device"]
    assert some["fd_efficientnet_lite0_mid64"] == np.mean(
        [quality["fd_efficientnet_lite0_mid64"] for quality in all_numbers["quality"]]
    )


def test_content_is_that_of_the_source_in_the_style_of_the_data(main: Callable[[str], None]) -> None:
    main("negative_cats")
    content = json.loads(places.summary("negative_cats").read_text())["content"]
    theirs = np.load(places.samples("teacher") / "samples.npy")[0, :6]
    ours = np.load(places.samples("negative_cats") / "samples.npy")[0, :6]
    network = extractor("efficientnet_lite0_mid64", None, torch.device("cpu"))
    a, b = (
        extract(network, images, source="", seed=0, batch_size=4).features
        for images in (ours, styled(theirs, "negative"))
    )
    assert content == pytest.approx(content_kept(a, b), rel=1e-4, abs=1e-5)
    main("teacher")
    assert "content" not in json.loads(places.summary("teacher").read_text())


def test_all_or_nothing(main: Callable[[str], None]) -> None:
    places.pictures("cats_vae").mkdir(parents=True)
    (places.pictures("cats_vae") / "manifold.png").write_text("old")
    (places.record("cats_vae") / "3" / "history.csv").unlink()  # read for the last picture
    with pytest.raises(FileError, match=r"record/3/history\.csv: not a table of losses .*train the model again"):
        main("cats_vae")
    assert names(places.pictures("cats_vae")) == ["manifold.png"] and names(places.pictures("cats_vae").parent) == [
        "cats_vae"
    ]
    assert not places.evaluation("cats_vae").exists()
    places.floor("cats").unlink()
    with pytest.raises(FileError, match=r"cats\.json: no such file; `dvc repro reference@cats` makes it"):
        main("teacher")
