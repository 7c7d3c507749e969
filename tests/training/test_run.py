"""A model's training from each of its seeds: what it starts from, and what it leaves."""

import csv
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from one_training import DIGITS, KD, MODEL, ROW, SHORT, study_of, train, training_folder, weights
from safetensors.torch import load_file

from frugalgan.config.sections import GanRecipe, ParamsError
from frugalgan.files import FileError
from frugalgan.methods.pool import load_pool, write_pool
from frugalgan.networks.sampling import images_of
from frugalgan.networks.store import ModelError, load_generator, load_model
from frugalgan.training.job import job


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


# --- adapted models --------------------------------------------------------------------------------------------------

STYLE = ROW | {"method": "stylegan2", "networks": "style"}
ADAPTED = STYLE | {"from": "source", "start": "vector", "recipe": "light"}


def test_of_an_adapted_model_its_own_numbers_are_kept_and_the_rest_is_the_sources(folder: Path) -> None:
    rows = {"source": STYLE, "vector": ADAPTED}
    source, model = train(folder, rows, "source"), train(folder, rows, "vector")
    own = load_file(model / "weights/0/generator.safetensors")
    assert own and all(name.endswith(".factor") for name in own)
    theirs, ours = (load_generator(path / "weights/0") for path in (source, model))
    for name, tensor in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], tensor), name
    z = torch.randn(2, theirs.latent_size)
    assert not torch.equal(ours(z), theirs(z))
    said = record(model, 0)
    assert said["own_bytes"] == len(weights(model, 0)) < 0.1 * said["generator_bytes"]
    assert said["generator_bytes"] == len(weights(model, 0)) + len(weights(source, 0))
    with torch.no_grad():
        for name, parameter in ours.named_parameters():
            if name.endswith(".factor"):
                parameter.zero_()
    assert torch.equal(ours(z), theirs(z))


def test_a_hypernetwork_is_kept_alone_and_its_critic_whole(folder: Path) -> None:
    """Labels of its data are the domains, and the source knew none."""
    digits = STYLE | {"data": "digits"}
    rows = {"source": digits, "domains": digits | {"from": "source", "start": "hypernetwork"}}
    source, model = train(folder, rows, "source"), train(folder, rows, "domains")
    own = load_file(model / "weights/0/generator.safetensors")
    assert own and all(".head." in name or name.startswith("hypernetwork.") for name in own)
    critic = set(load_file(source / "weights/0/critic.safetensors"))
    assert set(load_file(model / "weights/0/critic.safetensors")) == critic | {"head.domain.weight"}
    theirs, ours = load_generator(source / "weights/0"), load_model(model / "weights/0")
    z, y = torch.randn(2, theirs.latent_size), torch.tensor([0, 3])
    assert ours.G.classes == 10 and ours.D.classes == 10 and not torch.equal(ours.G(z, y), theirs(z))
    with pytest.raises(ValueError, match="it needs labels"):
        ours.G(z)


def test_an_adapted_model_without_its_source_is_none(folder: Path) -> None:
    rows = {"source": STYLE, "vector": ADAPTED}
    source, model = train(folder, rows, "source"), train(folder, rows, "vector")
    train(folder, rows, "source", {"stylegan2.learning_rate": 0.001})
    with pytest.raises(ModelError, match=r"adapts another model than .* holds now \(sha256 .*adapt this one anew"):
        load_generator(model / "weights/0")
    shutil.rmtree(source)
    with pytest.raises(ModelError, match=r"which is not there: dvc pull, or train it"):
        load_generator(model / "weights/0")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"from": "vector"}, "itself adapted, by domain_vector: start from its own source"),
        ({"from": "other"}, r"a dcgan\.Generator cannot start a stylegan2\.generator\.Generator"),
        ({"from": "other", "networks": "faces", "method": "wgan_gp"}, "does not offer what adaptation 'domain_vector'"),
    ],
)
def test_what_cannot_be_adapted_is_known_before_training(changes: dict[str, str], message: str) -> None:
    rows = {"source": STYLE, "other": ROW, "vector": ADAPTED, "model": ADAPTED | changes}
    with pytest.raises(ParamsError, match=rf"models\.model: from .*{message}"):
        job(study_of(rows, SHORT), "model")


def test_an_adaptation_is_of_trained_weights() -> None:
    rows = {"source": STYLE, "vector": ADAPTED}
    with pytest.raises(ParamsError, match=r"an adaptation is of a trained generator: let the start have weights"):
        job(study_of(rows, {"starts.vector.weights": ["critic"]}), "vector")
