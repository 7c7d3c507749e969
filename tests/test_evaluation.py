"""References and metrics of one model, on small images with a stand-in extractor."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from frugalgan.evaluation import EvaluationError, evaluate, read_samples, reference, reference_metrics
from frugalgan.extractors.base import Extractor
from frugalgan.features import extract
from frugalgan.files import write_json
from frugalgan.images import ImageError, write_png
from frugalgan.metrics.frechet import frechet_distance

COUNT, SIZE = 12, 16


class MeanColour(Extractor):
    """Three features, so that the tests need no network."""

    name, dimensions, resize = "mean_colour", 3, "none"

    def build(self, weights: Path) -> torch.nn.Module:
        return torch.nn.Identity()

    def features(self, batch: torch.Tensor) -> torch.Tensor:
        return batch.float().mean(dim=(2, 3))


@pytest.fixture
def colour(tmp_path: Path) -> Extractor:
    weights = tmp_path / "weights"
    weights.write_bytes(b"")
    return MeanColour(weights, torch.device("cpu"))


def pictures(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 3, SIZE, SIZE), dtype=np.uint8)


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    folder = tmp_path / "cats"
    folder.mkdir()
    np.save(folder / "images.npy", pictures(30))
    np.save(folder / "heldout.npy", pictures(5, seed=1))
    return folder


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    folder = tmp_path / "student_0.3"
    folder.mkdir()
    for i, picture in enumerate(pictures(COUNT, seed=2)):
        write_png(folder / f"{i:05d}.png", picture.transpose(1, 2, 0))
    return folder


def test_reference_is_a_choice_by_seed_without_repeats(colour: Extractor, prepared: Path) -> None:
    first, again, other = (
        reference(colour, prepared, name="cats", n=COUNT, seed=seed, batch_size=4) for seed in (0, 0, 1)
    )
    assert set(first) == {"reference", "heldout"}
    assert len(np.unique(first["reference"].features, axis=0)) == COUNT
    assert len(first["heldout"].features) == 5
    assert np.array_equal(first["reference"].features, again["reference"].features)
    assert first["reference"].provenance.data_sha256 != other["reference"].provenance.data_sha256


def test_reference_metrics_are_flat_and_hold_the_floor(colour: Extractor, prepared: Path) -> None:
    sets = reference(colour, prepared, name="cats", n=COUNT, seed=0, batch_size=4)
    values = reference_metrics(sets)
    floor = frechet_distance(sets["reference"].features, sets["heldout"].features)
    assert values["fd_mean_colour_floor"] == floor
    assert (values["set"], values["n_reference"], values["n_heldout"]) == ("cats", COUNT, 5)
    assert all(isinstance(value, int | float | str) for value in values.values())


@pytest.mark.parametrize("heldout", [None, 0, 1])
def test_too_few_held_out_images_leave_the_floor_out(colour: Extractor, prepared: Path, heldout: int | None) -> None:
    (prepared / "heldout.npy").unlink()
    if heldout is not None:
        np.save(prepared / "heldout.npy", pictures(heldout))
    values = reference_metrics(reference(colour, prepared, name="cats", n=COUNT, seed=0, batch_size=4))
    assert "fd_mean_colour_floor" not in values and "n_heldout" not in values


def test_fewer_images_than_asked_and_wrong_folders_are_errors(colour: Extractor, prepared: Path) -> None:
    with pytest.raises(EvaluationError, match=r"images\.npy: 30 images, fewer than the 31 asked for"):
        reference(colour, prepared, name="cats", n=31, seed=0, batch_size=4)
    with pytest.raises(EvaluationError, match=r"neither prepared images \(images\.npy\) nor a model"):
        reference(colour, prepared.parent, name="cats", n=2, seed=0, batch_size=4)


def test_metrics_of_a_model(colour: Extractor, prepared: Path, samples: Path, tmp_path: Path) -> None:
    data = reference(colour, prepared, name="cats", n=COUNT, seed=0, batch_size=4)["reference"]
    teacher = extract(colour, pictures(COUNT, seed=5), source="teacher", seed=0, batch_size=4)
    fake = extract(colour, read_samples(samples, COUNT), source="student_0.3", seed=2022, batch_size=4)
    values = evaluate(fake, data, teacher)
    assert values["model"] == "student_0.3"
    assert values["fd_mean_colour"] == frechet_distance(fake.features, data.features)
    assert values["fd_mean_colour_vs_teacher"] == frechet_distance(fake.features, teacher.features)
    assert {values[key] for key in ("n_samples", "n_reference", "n_teacher")} == {COUNT}
    assert values["samples_seed"] == 2022
    assert not any("teacher" in key for key in evaluate(fake, data, None))
    write_json(tmp_path / "out.json", values)
    assert json.loads((tmp_path / "out.json").read_text()) == values


def test_samples_come_in_the_order_of_their_numbers(samples: Path) -> None:
    assert np.array_equal(read_samples(samples, COUNT), pictures(COUNT, seed=2))


def test_bad_sample_folders_are_errors(samples: Path, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"gone: 0 numbered PNGs, but params\.yaml asks for 12"):
        read_samples(tmp_path / "gone", COUNT)
    with pytest.raises(EvaluationError, match=r"12 numbered PNGs, but .* 500"):
        read_samples(samples, 500)
    write_png(samples / "00004.png", np.zeros((8, 20, 3), np.uint8))
    with pytest.raises(EvaluationError, match=r"00004\.png: 20×8, but 00000\.png is 16×16"):
        read_samples(samples, COUNT)
    (samples / "00002.png").write_bytes(b"\x89PNG cut short")
    with pytest.raises(ImageError, match=r"00002\.png"):
        read_samples(samples, COUNT)
