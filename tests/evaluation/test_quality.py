"""References and metrics of one model, on small images with a stand-in extractor."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from frugalgan.evaluation.quality import EvaluationError, evaluate, over_training, read_samples
from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.features import FeaturesError, FeatureSet, extract
from frugalgan.files import write_json
from frugalgan.data.images import ImageError, write_png
from frugalgan.evaluation.metrics.frechet import frechet_distance, frechet_infinity
from frugalgan.evaluation.reference import ReferenceError, reference, reference_metrics
from frugalgan.config.sections import Evaluate

COUNT, SIZE = 12, 16
SETTINGS = Evaluate(
    extractor="inception", inception_weights="download", batch_size=4, repeats=3,
    kid_subsets=5, precision_k=1, coverage_k=2, infinity_points=4,
)  # fmt: skip


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


def references(colour: Extractor, folder: Path, *, n: int = COUNT, seed: int = 0) -> dict[str, FeatureSet]:
    return reference(colour, folder, name="cats", n=n, seed=seed, batch_size=4)


def test_reference_is_a_choice_by_seed_without_repeats(colour: Extractor, prepared: Path) -> None:
    first, again, other = (references(colour, prepared, seed=seed) for seed in (0, 0, 1))
    assert {name: len(item.features) for name, item in first.items()} == {"reference": 12, "training": 30, "heldout": 5}
    assert len(np.unique(first["reference"].features, axis=0)) == COUNT
    assert np.array_equal(first["reference"].features, again["reference"].features)
    assert first["reference"].provenance.data_sha256 != other["reference"].provenance.data_sha256
    assert first["reference"].provenance.n == COUNT
    everything = first["training"].features.tolist()
    assert all(row in everything for row in first["reference"].features.tolist())


def test_floor_is_of_real_images_against_other_real_images(colour: Extractor, prepared: Path) -> None:
    values = reference_metrics(references(colour, prepared), SETTINGS, n=COUNT, seed=0)
    assert (values["set"], values["n_reference"], values["n_heldout"], values["n_floor"]) == ("cats", COUNT, 5, COUNT)
    assert values["floor_fd_mean_colour"] > 0 and values["floor_fd_mean_colour_sd"] > 0
    assert {"floor_kid_mean_colour", "floor_precision_mean_colour", "floor_coverage_mean_colour"} <= set(values)
    assert all(isinstance(value, int | float | str) for value in values.values())


def test_floor_takes_half_of_too_few_images(colour: Extractor, prepared: Path) -> None:
    values = reference_metrics(references(colour, prepared, n=20), SETTINGS, n=20, seed=0)
    assert values["n_floor"] == 17  # of 30 + 5


@pytest.mark.parametrize("heldout", [None, 0, 1])
def test_too_few_held_out_images_leave_them_out(colour: Extractor, prepared: Path, heldout: int | None) -> None:
    (prepared / "heldout.npy").unlink()
    if heldout is not None:
        np.save(prepared / "heldout.npy", pictures(heldout))
    values = reference_metrics(references(colour, prepared), SETTINGS, n=COUNT, seed=0)
    assert "n_heldout" not in values and values["n_floor"] == COUNT


def test_fewer_images_than_asked_and_wrong_folders_are_errors(colour: Extractor, prepared: Path) -> None:
    with pytest.raises(ReferenceError, match=r"images\.npy: 30 images, fewer than the 31 asked for"):
        references(colour, prepared, n=31)
    with pytest.raises(ReferenceError, match=r"neither prepared images \(images\.npy\) nor a model"):
        references(colour, prepared.parent)


@pytest.fixture
def fake(colour: Extractor) -> FeatureSet:
    return extract(colour, pictures(3 * COUNT, seed=2), source="student_0.3", seed=2022, batch_size=4)


def test_metrics_are_means_over_independent_draws(colour: Extractor, prepared: Path, fake: FeatureSet) -> None:
    data = references(colour, prepared)
    teacher = extract(colour, pictures(COUNT, seed=5), source="teacher", seed=0, batch_size=4)
    values = evaluate(fake, data, teacher, SETTINGS, n=COUNT, n_floor=None)
    real = data["reference"].features
    draws = [frechet_distance(draw, real) for draw in np.split(fake.features, 3)]
    assert values["model"] == "student_0.3"
    assert values["fd_mean_colour_draws"] == draws
    assert values["fd_mean_colour"] == pytest.approx(np.mean(draws))
    assert values["fd_mean_colour_sd"] == pytest.approx(np.std(draws, ddof=1))
    infinity = frechet_infinity(fake.features, real, smallest=12, points=4, seed=2022)
    assert (values["fd_mean_colour_infinity"], values["fd_mean_colour_infinity_error"]) == infinity
    to_teacher = [frechet_distance(draw, teacher.features) for draw in np.split(fake.features, 3)]
    assert values["fd_mean_colour_vs_teacher"] == pytest.approx(np.mean(to_teacher))
    assert (values["draws"], values["n_per_draw"], values["n_samples"], values["n_reference"]) == (3, 12, 36, 12)
    assert values["samples_seed"] == 2022
    names = ("kid", "mmd_rbf", "precision", "recall", "density", "coverage")
    assert not any("heldout" in key for key in values)  # too few of them to say
    assert {f"{name}_mean_colour" for name in names} <= set(values)
    assert not any("inception_score" in key or "at_floor" in key for key in values)
    assert not any("teacher" in key for key in evaluate(fake, data, None, SETTINGS, n=COUNT, n_floor=None))


def test_a_model_of_real_images_scores_the_floor_at_the_floors_n(colour: Extractor, prepared: Path) -> None:
    np.save(prepared / "images.npy", pictures(400))
    data = references(colour, prepared, n=100)
    real = extract(colour, pictures(300, seed=9), source="real", seed=0, batch_size=50)
    values = evaluate(real, data, None, SETTINGS, n=100, n_floor=50)
    smaller, larger = values["fd_mean_colour_at_floor_n"], values["fd_mean_colour"]
    assert smaller > larger  # few images make a distance too large
    assert "fd_mean_colour_at_floor_n" not in evaluate(real, data, None, SETTINGS, n=100, n_floor=100)


def test_copies_of_training_images_are_told_and_counted_per_draw(colour: Extractor, prepared: Path) -> None:
    np.save(prepared / "heldout.npy", pictures(40, seed=1))
    data = references(colour, prepared)
    copies = extract(colour, np.concatenate([pictures(30)[:COUNT]] * 3), source="copies", seed=0, batch_size=4)
    values = evaluate(copies, data, None, SETTINGS, n=COUNT, n_floor=None)
    key = "closer_than_heldout_share_mean_colour"
    assert (values[key], values[f"{key}_sd"], values["n_heldout"]) == (1, 0, 40)


def test_class_scores_give_an_inception_score(colour: Extractor, prepared: Path, fake: FeatureSet) -> None:
    logits = np.zeros((3 * COUNT, 7))
    values = evaluate(fake, references(colour, prepared), None, SETTINGS, n=COUNT, n_floor=None, logits=logits)
    assert values["inception_score_mean_colour"] == pytest.approx(1)


def test_quality_over_training_is_that_of_each_moment(colour: Extractor, prepared: Path, fake: FeatureSet) -> None:
    data = references(colour, prepared)["reference"]
    values = over_training(fake, 3, data, SETTINGS)
    assert values["fd_mean_colour"] == [frechet_distance(part, data.features) for part in np.split(fake.features, 3)]
    assert {len(numbers) for numbers in values.values()} == {3}


def test_images_of_another_size_cannot_be_compared(colour: Extractor, prepared: Path) -> None:
    larger = np.zeros((3 * COUNT, 3, SIZE * 2, SIZE), np.uint8)
    samples = extract(colour, larger, source="student", seed=0, batch_size=4)
    with pytest.raises(FeaturesError, match="image_height is 32 and 16"):
        evaluate(samples, references(colour, prepared), None, SETTINGS, n=COUNT, n_floor=None)


def test_metrics_can_be_written(colour: Extractor, prepared: Path, fake: FeatureSet, tmp_path: Path) -> None:
    values = evaluate(fake, references(colour, prepared), None, SETTINGS, n=COUNT, n_floor=None)
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
