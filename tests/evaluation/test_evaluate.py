"""Quality over training of the models of digits, seed by seed: known answers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pipeline import PROJECT

from frugalgan.config import params
from frugalgan.evaluation.classifier import StudyError, agreement, classifier_of, evaluate_models
from frugalgan.data.digits import prepare_digits
from frugalgan.evaluation.features import extractor
from frugalgan.files import FileError
from frugalgan.config.sections import Digits
from frugalgan.data.sources import digits

SETTINGS = replace(
    params.load(PROJECT / "params.yaml").digits, seeds=[0, 1], digits_samples=20, reference=60, extractor_batch_size=20
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scikit-learn's real digits, prepared."""
    folder = tmp_path_factory.mktemp("digits")
    digits.fetch(folder / "raw", source="sklearn")
    prepare_digits(folder / "raw", folder / "data", image_size=32, minimum=100)
    return folder / "data"


def model(folder: Path, seeds: dict[int, np.ndarray], classes: int, **cost: Any) -> Path:
    """As train_over_seeds leaves it: `seeds` are the images of two moments of each."""
    for seed, moments in seeds.items():
        (folder / str(seed)).mkdir(parents=True)
        np.save(folder / str(seed) / "moments.npy", moments)
        facts = {"generator": {"network": "dcgan.Generator", "arguments": {"classes": classes}}}
        (folder / str(seed) / "model.json").write_text(json.dumps(facts))
        values = {"moments_kimg": [0.0, 1.0], "moments_seconds": [0.0, 2.0], "peak_training_bytes": 5}
        (folder / f"{seed}.json").write_text(json.dumps(values | {"trained_parameters": 7} | cost))
    return folder


def evaluated(models: dict[str, Path], data: Path, settings: Digits = SETTINGS, **options: Any) -> dict[str, Any]:
    network = extractor("efficientnet_lite0_64", None, torch.device("cpu"))
    return evaluate_models(network, models, data, settings, kid_subsets=10, seed=2022, **options)


def by_label(data: Path, n: int) -> np.ndarray:
    """n real held-out digits whose labels are 0, 1, …, 9, 0, …"""
    images, labels = np.load(data / "heldout.npy"), np.load(data / "heldout_labels.npy")
    places = [np.flatnonzero(labels == i % 10)[i // 10] for i in range(n)]
    return images[places]


def test_real_digits_beat_noise_and_are_called_by_their_labels(data: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 1, 32, 32), np.uint8)
    moments = np.stack([noise, by_label(data, 20)])
    found = evaluated({"told": model(tmp_path / "told", {0: moments, 1: moments}, classes=10)}, data)
    told = found["models"]["told"]
    assert told["seeds"] == [0, 1] and told["seconds"] == [[0.0, 2.0]] * 2 and told["trained_parameters"] == 7
    for distances, kids, shares in zip(told["distance"], told["kid"], told["agreement"], strict=True):
        assert distances[1] < 0.5 * distances[0] and kids[1] < 0.5 * kids[0]
        assert shares[1] > 0.9 and shares[0] < 0.4
    assert found["classifier_accuracy"] > 0.97
    assert found["floor_distance"] == pytest.approx(told["distance"][0][1], rel=0.3)
    assert found["n_floor"] == found["n_per_moment"] == 20 and found["n_reference"] == 60
    ended = evaluated({"told": tmp_path / "told"}, data, ends=["told"])["models"]["told"]
    for key in ("distance", "kid", "seconds", "agreement"):
        assert ended[key] == [[run[-1]] for run in told[key]], key
    assert ended["kimg"] == told["kimg"][-1:]
    assert {"scikit-learn", "extractor_sha256", "torch", "reference_sha256"} <= set(found)


def test_models_that_are_told_no_labels_have_no_agreement(data: Path, tmp_path: Path) -> None:
    moments = np.stack([by_label(data, 20)] * 2)
    found = evaluated({"free": model(tmp_path / "free", {0: moments, 1: moments}, classes=0)}, data)
    assert "agreement" not in found["models"]["free"]


def test_agreement_is_a_share_of_labels_asked_for_in_turn() -> None:
    images = np.zeros((20, 1, 2, 2), np.uint8)
    assert agreement(lambda images: np.arange(len(images)) % 10, images, 10) == 1
    assert agreement(lambda images: np.zeros(len(images)), images, 10) == 0.1


def test_the_classifier_learns_from_training_digits_alone(data: Path, tmp_path: Path) -> None:
    """With held-out labels wrong throughout, its accuracy is that of a wrong guess."""
    for file in data.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    labels = np.load(data / "heldout_labels.npy")
    np.save(tmp_path / "heldout_labels.npy", (labels + 1) % 10)
    assert classifier_of(tmp_path, 5000, 0)[1] < 0.03


def test_what_does_not_fit_together_is_named(data: Path, tmp_path: Path) -> None:
    moments = np.stack([by_label(data, 20)] * 2)
    model(tmp_path / "odd", {0: moments}, classes=0)
    with pytest.raises(FileError, match=r"odd/1\.json: no such file"):
        evaluated({"odd": tmp_path / "odd"}, data)
    model(tmp_path / "odd", {1: moments}, classes=0, moments_kimg=[0.0, 3.0])
    with pytest.raises(StudyError, match="odd: the seeds were trained for different times"):
        evaluated({"odd": tmp_path / "odd"}, data)
