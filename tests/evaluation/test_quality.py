"""Metrics of one trained model, on small images with a stand-in extractor."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mean_colour import COLOUR, SETTINGS, SIZE, cats, pictures, sets_of

from frugalgan.data.batches import stream_seed
from frugalgan.evaluation.features import FeaturesError, FeatureSet, extract
from frugalgan.evaluation.metrics.frechet import frechet_distance, frechet_infinity
from frugalgan.evaluation.metrics.kernel import kid
from frugalgan.evaluation.quality import over_training, quality
from frugalgan.files import write_json

COUNT = 12


@pytest.fixture
def data(tmp_path: Path) -> dict[str, FeatureSet]:
    return sets_of(cats(tmp_path / "cats"), n=COUNT)


def features(images: np.ndarray, source: str = "student") -> FeatureSet:
    return extract(COLOUR, images, source=source, seed=2022, batch_size=50)


FAKE = features(pictures(3 * COUNT, seed=2))


def measured(fake: FeatureSet, data: dict[str, FeatureSet], *, n: int = COUNT, **further: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"source": None, "floor_n": None} | further
    return quality(fake, data, options.pop("source"), SETTINGS, n=n, **options)


def test_metrics_are_means_over_independent_draws(data: dict[str, FeatureSet]) -> None:
    values = measured(FAKE, data)
    real = data["reference"].features
    draws = [frechet_distance(draw, real) for draw in np.split(FAKE.features, 3)]
    assert values["fd_mean_colour_draws"] == draws
    assert values["fd_mean_colour"] == pytest.approx(np.mean(draws))
    assert values["fd_mean_colour_sd"] == pytest.approx(np.std(draws, ddof=1))
    infinity = frechet_infinity(FAKE.features, real, smallest=12, points=4, seed=stream_seed(2022, "infinity"))
    assert (values["fd_mean_colour_infinity"], values["fd_mean_colour_infinity_error"]) == infinity
    kids = [kid(draw, real, subsets=5, subset_size=6, seed=2022)[0] for draw in np.split(FAKE.features, 3)]
    assert values["kid_mean_colour"] == pytest.approx(np.mean(kids))
    assert (values["draws"], values["n_per_draw"], values["n_samples"]) == (3, 12, 36)
    assert values["samples_seed"] == 2022
    names = ("kid", "mmd_rbf", "precision", "recall", "density", "coverage")
    assert {f"{name}_mean_colour" for name in names} <= set(values)
    assert not any("heldout" in key for key in values)  # too few of them to say
    assert not any(word in key for key in values for word in ("inception_score", "at_floor", "source"))


def test_a_student_is_compared_with_its_teachers_images(data: dict[str, FeatureSet]) -> None:
    teacher = features(pictures(COUNT, seed=5), "teacher")
    values = measured(FAKE, data, source=teacher)
    to_teacher = [frechet_distance(draw, teacher.features) for draw in np.split(FAKE.features, 3)]
    assert values["fd_mean_colour_vs_source"] == pytest.approx(np.mean(to_teacher))
    assert values["fd_mean_colour_vs_source_sd"] == pytest.approx(np.std(to_teacher, ddof=1))
    assert values["n_source"] == COUNT and values["source_sha256"] == teacher.provenance.data_sha256


def test_a_model_of_real_images_scores_the_floor_at_the_floors_n(tmp_path: Path) -> None:
    data = sets_of(cats(tmp_path / "cats", n=400), n=100)
    real = features(pictures(300, seed=9), "real")
    values = measured(real, data, n=100, floor_n=(50, 50))
    smaller, larger = values["fd_mean_colour_at_floor_n"], values["fd_mean_colour"]
    assert smaller > larger  # few images make a distance too large
    assert "fd_mean_colour_at_floor_n" not in measured(real, data, n=100, floor_n=(100, 100))


def test_the_floors_two_numbers_of_images_may_differ(tmp_path: Path) -> None:
    data = sets_of(cats(tmp_path / "cats", n=40), n=20)
    real = features(pictures(300, seed=9), "real")
    few = measured(real, data, n=100, floor_n=(22, 20))["fd_mean_colour_at_floor_n"]
    expected = [frechet_distance(draw[:22], data["reference"].features) for draw in np.split(real.features, 3)]
    assert few == pytest.approx(np.mean(expected))  # more samples than the reference has images
    fewer = measured(real, data, n=100, floor_n=(100, 10))["fd_mean_colour_at_floor_n"]
    assert fewer > measured(real, data, n=100)["fd_mean_colour"]


def test_copies_of_training_images_are_told_and_counted_per_draw(tmp_path: Path) -> None:
    data = sets_of(cats(tmp_path / "cats", heldout=40), n=COUNT)
    values = measured(features(np.concatenate([pictures(30)[:COUNT]] * 3)), data)
    key = "closer_than_heldout_share_mean_colour"
    assert (values[key], values[f"{key}_sd"], values["n_heldout"]) == (1, 0, 40)


def test_class_scores_give_an_inception_score(data: dict[str, FeatureSet]) -> None:
    values = measured(FAKE, data, logits=np.zeros((3 * COUNT, 7)))
    assert values["inception_score_mean_colour"] == pytest.approx(1)


def test_quality_over_training_is_that_of_each_moment(data: dict[str, FeatureSet]) -> None:
    real = data["reference"]
    values = over_training(FAKE, 3, real, SETTINGS)
    assert values["distance"] == [frechet_distance(part, real.features) for part in np.split(FAKE.features, 3)]
    assert {len(numbers) for numbers in values.values()} == {3}
    assert {"kid", "precision", "coverage"} <= set(values)


def test_images_of_another_size_cannot_be_compared(data: dict[str, FeatureSet]) -> None:
    larger = features(np.zeros((3 * COUNT, 3, SIZE * 2, SIZE), np.uint8))
    with pytest.raises(FeaturesError, match="image_height is 32 and 16"):
        measured(larger, data)
    with pytest.raises(FeaturesError, match="student and teacher cannot be compared"):
        measured(FAKE, data, source=features(np.zeros((3, 3, SIZE, 8), np.uint8), "teacher"))
    with pytest.raises(FeaturesError, match="image_height"):
        over_training(larger, 3, data["reference"], SETTINGS)


def test_metrics_can_be_written(data: dict[str, FeatureSet], tmp_path: Path) -> None:
    values = measured(FAKE, data)
    write_json(tmp_path / "out.json", values)
    assert json.loads((tmp_path / "out.json").read_text()) == values
