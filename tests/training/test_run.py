"""A model's training from each of its seeds: what it starts from, and what it leaves."""

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from one_training import DIGITS, KD, MODEL, ROW, train, training_folder, weights

from frugalgan.config.sections import GanRecipe
from frugalgan.files import FileError
from frugalgan.methods.pool import load_pool, write_pool
from frugalgan.networks.sampling import images_of
from frugalgan.networks.store import load_generator, load_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return training_folder(tmp_path)


def record(model: Path, seed: int) -> dict[str, Any]:
    return json.loads((model / f"record/{seed}/record.json").read_text())


# --- seeds -----------------------------------------------------------------------------------------------------------


def test_one_call_trains_every_seed_and_each_as_if_it_were_alone(folder: Path) -> None:
    model = train(folder, {"three": ROW | {"seeds": 3}}, "three")
    alone = train(folder, {"alone": ROW}, "alone", {"seed": 1})
    assert {path.name for path in (model / "weights").iterdir()} == {"0", "1", "2"}
    assert {path.name for path in (model / "record").iterdir()} == {"0", "1", "2"}
    assert len({weights(model, seed) for seed in range(3)}) == 3
    assert [record(model, seed)["seed"] for seed in range(3)] == [0, 1, 2]
    assert weights(model, 1) == weights(alone, 1) and weights(model, 1, "critic") == weights(alone, 1, "critic")


def test_a_seed_starts_from_the_sources_seed_or_its_last(folder: Path) -> None:
    rows = {"vae": ROW | {"method": "vae", "seeds": 2}, "gan": ROW | {"start": "decoder", "from": "vae", "seeds": 3}}
    source = train(folder, rows, "vae")
    model = train(folder, rows, "gan", {"budgets.dogs.kimg": 0.0})  # as it starts
    for seed, its in ((0, 0), (1, 1), (2, 1)):
        ours, theirs = (load_generator(path / "weights" / str(n)) for path, n in ((model, seed), (source, its)))
        assert all(map(torch.equal, ours.parameters(), theirs.parameters()))
    assert len({weights(model, seed, "critic") for seed in range(3)}) == 3


def test_a_source_that_is_not_trained_is_named(folder: Path) -> None:
    rows = {MODEL: ROW, "transfer": ROW | {"start": "transfer", "from": MODEL}}
    with pytest.raises(FileError, match=r"models/scratch/weights: no trained seed; train the model first"):
        train(folder, rows, "transfer")


def test_a_student_learns_from_a_pool_of_images(folder: Path) -> None:
    rows = {MODEL: ROW, "student": KD | {"from": "pool"}}
    pools = {"pools": {"pool": {"from": MODEL, "images": 10}}}
    teacher, pool = train(folder, rows, MODEL, pools) / "weights/0", folder / "models/pool/weights/0"
    write_pool(teacher, pool, n=10, seed=0)
    kept = load_pool(pool)
    images = images_of(load_generator(teacher), torch.from_numpy(kept.z)).numpy()
    assert kept.z.shape == (10, 100) and np.array_equal(kept.pixels, images)
    assert record(train(folder, rows, "student", pools), 0)["from"] == "pool"


# --- what is left ----------------------------------------------------------------------------------------------------


def test_weights_hold_what_others_start_from_and_the_record_all_else(folder: Path) -> None:
    rows = {MODEL: ROW, "vae": DIGITS | {"method": "vae", "networks": "digits_conditional"}}
    gan, vae = train(folder, rows, MODEL), train(folder, rows, "vae")
    seen = {"record.json", "history.csv", "moments.npy", "progress.png"}
    for model, parts, more in ((gan, ["generator", "critic"], set()), (vae, ["generator", "encoder"], {"heldout.csv"})):
        assert {file.name for file in (model / "record/0").iterdir()} == seen | more
        assert list(load_model(model / "weights/0").parts) == record(model, 0)["parts"] == parts
        with (model / "record/0/history.csv").open() as file:
            assert float(list(csv.DictReader(file))[-1]["kimg"]) == record(model, 0)["kimg"] == 0.032
        assert len(np.load(model / "record/0/moments.npy")) == len(record(model, 0)["moments_kimg"])


def test_the_record_says_what_was_asked_for(folder: Path) -> None:
    said = record(train(folder, {MODEL: ROW}, MODEL, {"wgan_gp.gradient_penalty": 5.0}), 0)
    assert all(said[key] == value for key, value in ROW.items() if key != "seeds")
    assert said["settings"]["method"].pop("recipe") == asdict(GanRecipe()) | {"augment": []}
    assert said["settings"]["method"] == {"name": "WganGp", "gradient_penalty": 5.0, "penalty_at": "image"} | {
        "n_critic": 2, "learning_rate": 0.0002, "critic_learning_rate": 0.0002, "beta1": 0.0, "beta2": 0.9
    }  # fmt: skip
    assert said["settings"]["networks"]["family"] == "Dcgan" and said["settings"]["data"]["size"] == 32
    assert said["batch_size"] == 8 and said["processes"] == 1 and said["versions"]["torch"]
    assert said["generator_bytes"] == len(weights(folder / "models" / MODEL, 0))


def test_a_record_that_cannot_be_written_leaves_the_earlier_weights(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = train(folder, {MODEL: ROW}, MODEL)
    before = {file: file.read_bytes() for file in model.rglob("*") if file.is_file()}

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("frugalgan.training.outcome.write_png", full)
    with pytest.raises(OSError, match="no space left"):
        train(folder, {MODEL: ROW}, MODEL, {"wgan_gp.gradient_penalty": 5.0})
    assert {file: file.read_bytes() for file in model.rglob("*") if file.is_file()} == before


def test_a_conditional_model_needs_labelled_images(folder: Path) -> None:
    (folder / "data/prepared/digits/labels.npy").unlink()
    rows = {"conditional": DIGITS | {"networks": "digits_conditional"}}
    with pytest.raises(FileError, match=r"labels\.npy: no such file; conditional is conditional: train it on labelled"):
        train(folder, rows, "conditional")
    assert not (folder / "models").exists()
