"""One model, all of its seeds: known answers on noise, with a stand-in extractor."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mean_colour import COLOUR, MeanColour, pictures
from small_study import row, small_study
from trained_models import measured, prepared, trained, values_of

from frugalgan.config.study import Study
from frugalgan.data.batches import stream_seed
from frugalgan.evaluation.evaluate import evaluate
from frugalgan.evaluation.measured import Measured, source_of
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.neighbours import neighbours_grid
from frugalgan.evaluation.over_seeds import MIB, summary
from frugalgan.evaluation.reference import SECOND, chosen_rows, distance_of_few, reference
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import FileError, write_json

N, DRAWS, SIZE = 20, 3, 16
STUDENTS = {"teacher": row(seeds=2), "student": row(method="kd", source="teacher", start="taught", seeds=2)}


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return pictures(int(np.prod(shape)), seed, SIZE).reshape(*shape, 3, SIZE, SIZE)


def features(images: np.ndarray) -> np.ndarray:
    return COLOUR(images, batch_size=50)


def distance(images: np.ndarray, by: Measured) -> float:
    return frechet_distance(features(images), by.judges[0].real["reference"].features)


@pytest.fixture(scope="module")
def study() -> Study:
    return small_study(STUDENTS)


@pytest.fixture
def by(study: Study, tmp_path: Path) -> Measured:
    """Two seeds of a model, and what they are measured by."""
    trained(tmp_path / "m", noise(2, DRAWS * N, seed=1), noise(2, 2, N, seed=2))
    return measured(study, "cats", tmp_path / "m", prepared(tmp_path / "cats", noise(90), heldout=10))


def test_every_seed_has_its_quality_its_course_and_its_record(study: Study, by: Measured) -> None:
    values = values_of(study, "teacher", by)
    images, moments = noise(2, DRAWS * N, seed=1), noise(2, 2, N, seed=2)
    assert (values["seeds"], values["distance"]) == ([0, 1], "fd_mean_colour")
    for seed in (0, 1):
        draws = [distance(draw, by) for draw in np.split(images[seed], DRAWS)]
        assert values["quality"][seed]["fd_mean_colour_draws"] == pytest.approx(draws)
        assert values["course"]["distance"][seed] == pytest.approx([distance(moment, by) for moment in moments[seed]])
        assert len(values["course"]["kid"][seed]) == len(values["course"]["coverage"][seed]) == 2
    assert (values["course"]["kimg"], values["course"]["seconds"]) == ([0.0, 1.0], [[0.0, 2.0]] * 2)
    assert values["n_per_moment"] == N
    assert values["floor_per_moment"] == distance_of_few(by.judges[0].real, study.section("evaluate", Evaluate), n=N)
    assert [record["peak_training_bytes"] for record in values["records"]] == [3 * 2**20] * 2
    assert values["trained_on"] == {
        "device": "CPU",
        "precision": "float32",
        "processes": 1,
        "versions": {"torch": "2"},
    }


def test_what_a_number_rests_on_is_told(study: Study, by: Measured) -> None:
    values = values_of(study, "teacher", by)
    words = ("method", "networks", "from", "start", "budget", "recipe")
    named = {key: values[key] for key in ("model", "data", "parts", *words)}
    assert named == {"model": "teacher", "data": "cats", "parts": ["generator", "critic"]} | {
        key: row()[key] for key in words
    }
    assert values["floor"] == by.floor and values["n_reference"] == 60
    assert {"reference_sha256", "extractor_sha256", "torch", "image_width"} <= set(values)
    assert "agreement" not in values and "classifier" not in values  # the model is not conditional


def test_values_can_be_written(study: Study, by: Measured, tmp_path: Path) -> None:
    values = values_of(study, "teacher", by)
    write_json(tmp_path / "teacher.json", values)
    assert json.loads((tmp_path / "teacher.json").read_text()) == values


def test_the_picture_is_of_the_first_seeds_samples(study: Study, by: Measured) -> None:
    samples = by.samples / "samples.npy"
    first = evaluate(study, "teacher", by)[1]
    assert first.ndim == 3 and first.shape[2] == 3 and first.dtype == np.uint8
    np.save(samples, noise(2, DRAWS * N, seed=1)[::-1])
    assert not np.array_equal(first, evaluate(study, "teacher", by)[1])
    np.save(samples, noise(2, DRAWS * N, seed=1)[[0, 0]])
    assert np.array_equal(first, evaluate(study, "teacher", by)[1])


@pytest.mark.parametrize("seeds_of_teacher", [2, 1])
def test_students_are_compared_with_their_teachers_other_images_seed_by_seed(
    study: Study, by: Measured, tmp_path: Path, seeds_of_teacher: int
) -> None:
    others = noise(seeds_of_teacher, N, seed=3)
    (tmp_path / "teacher").mkdir()
    np.save(tmp_path / "teacher" / "others.npy", others)
    values = values_of(study, "student", by, tmp_path / "teacher")
    for seed, images in enumerate(noise(2, DRAWS * N, seed=1)):
        taught = features(others[min(seed, seeds_of_teacher - 1)])  # the last for seeds that the teacher has not
        expected = [frechet_distance(features(draw), taught) for draw in np.split(images, DRAWS)]
        assert values["quality"][seed]["fd_mean_colour_vs_source"] == pytest.approx(np.mean(expected))
        assert values["quality"][seed]["n_source"] == N


def test_only_a_model_with_a_teacher_is_compared_with_it() -> None:
    further = {
        "moved": row(source="teacher", start="transfer"),
        "pooled": row(method="kd", source="pool", start="taught"),
    }
    found = small_study(STUDENTS | further, pools={"pool": {"from": "teacher", "images": 9}}, students=[0.3])
    sources = {name: source_of(found, name) for name in found.rows}
    assert sources == {
        "teacher": None,
        "student": "teacher",
        "student_0.3": "teacher",
        "moved": None,
        "pooled": "pool",
    }


def test_the_floors_numbers_of_images_are_the_models_too(study: Study, tmp_path: Path) -> None:
    trained(tmp_path / "m", noise(2, DRAWS * N, seed=1), noise(2, 2, N, seed=2))
    few = measured(study, "cats", tmp_path / "m", prepared(tmp_path / "few", noise(30)))
    assert (few.floor["n_floor"], few.floor["n_floor_reference"], few.judges[0].real["reference"].provenance.n) == (
        15,
        15,
        30,
    )
    (first, _) = values_of(study, "teacher", few)["quality"]
    real = few.judges[0].real["reference"].features
    real = real[chosen_rows(30, 15, stream_seed(study.section("evaluate", Evaluate).seed, "at_floor_n"))]
    draws = np.split(noise(2, DRAWS * N, seed=1)[0], DRAWS)
    expected = [frechet_distance(features(draw[:15]), real) for draw in draws]
    assert first["fd_mean_colour_at_floor_n"] == pytest.approx(np.mean(expected))


def test_a_draw_is_no_larger_than_the_real_images_that_there_are(study: Study, tmp_path: Path) -> None:
    images = noise(2, DRAWS * N, seed=1)
    trained(tmp_path / "m", images, noise(2, 2, N, seed=2))
    few = measured(study, "cats", tmp_path / "m", prepared(tmp_path / "few", noise(12)))
    (first, _) = values_of(study, "teacher", few)["quality"]
    assert first["n_per_draw"] == 12 < N and first["n_samples"] == DRAWS * 12
    draws = [distance(draw[:12], few) for draw in np.split(images[0], DRAWS)]
    assert first["fd_mean_colour_draws"] == pytest.approx(draws)
    used = np.concatenate([draw[:12] for draw in np.split(images[0], DRAWS)])
    training = np.load(few.prepared / "images.npy")
    by_colour = neighbours_grid(used, features(used), training, few.judges[0].real["training"].features)
    assert np.array_equal(evaluate(study, "teacher", few)[1], by_colour)


@pytest.mark.parametrize("n_seeds", [2, 1])
def test_the_summary_is_some_twelve_numbers_over_seeds_or_draws(by: Measured, n_seeds: int) -> None:
    images = noise(2, DRAWS * N, seed=1)[:n_seeds]
    np.save(by.samples / "samples.npy", images)
    values = values_of(small_study({"teacher": row(seeds=n_seeds)}), "teacher", by)
    found = summary(values)
    each = [[distance(draw, by) for draw in np.split(run, DRAWS)] for run in images]
    repeated = [np.mean(draws) for draws in each] if n_seeds > 1 else each[0]
    assert found["fd_mean_colour"] == pytest.approx(np.mean(each))
    assert found["fd_mean_colour_sd"] == pytest.approx(np.std(repeated, ddof=1))
    for key, name in {"recall": "recall_mean_colour", "variety": "variety_mean_colour", "swd": "swd"}.items():
        assert found[key] == pytest.approx(np.mean([one[name] for one in values["quality"]]))
    assert (found["seconds"], found["peak_training_mib"], found["generator_mib"]) == (2.0, 3.0, 1.0)
    assert all(isinstance(value, int | float) for value in found.values()) and len(found) <= 12
    assert "agreement" not in found
    assert summary(values | {"agreement": [0.5, 0.7][:n_seeds]})["agreement"] == pytest.approx(
        0.6 if n_seeds > 1 else 0.5
    )


def test_of_seeds_memory_is_the_largest_and_time_the_median(study: Study, by: Measured) -> None:
    records = [
        {"seconds": seconds, "peak_training_bytes": mib * MIB, "generator_bytes": MIB, "trained_parameters": 7}
        for seconds, mib in ((60.0, 5), (900.0, 3), (50.0, 4))
    ]
    expected = {"seconds": 60.0, "peak_training_mib": 5.0, "generator_mib": 1.0, "trained_parameters": 7}
    assert expected.items() <= summary(values_of(study, "teacher", by) | {"records": records}).items()


def test_a_second_network_measures_the_same_images_beside_the_first(by: Measured, study: Study) -> None:
    """Numbers of its own names; it is told from the first, and a model that it alone sees collapse has collapsed."""
    first, _ = evaluate(study, "teacher", by)
    darkest = Darkest(Path(__file__), torch.device("cpu"))
    real = reference(
        darkest, by.prepared, name="cats", n=by.judges[0].real["reference"].provenance.n, seed=2022, batch_size=4
    )
    second = replace(by.judges[0], network=darkest, real=real)
    both, _ = evaluate(study, "teacher", replace(by, judges=[*by.judges, replace(second, prefix=SECOND)]))
    alone, _ = evaluate(study, "teacher", replace(by, judges=[second]))
    assert both["second_distance"] == "fd_darkest" and both["second_extractor"] == "darkest"
    assert both["distance"] == "fd_mean_colour"
    for one, other, beside in zip(first["quality"], alone["quality"], both["quality"], strict=True):
        assert one.items() <= beside.items() and other.items() <= beside.items()
    for key in ("distance", "recall"):
        assert both["course"][f"second_{key}"] == alone["course"][key]
    assert both["course"]["swd"] == first["course"]["swd"]
    assert summary(both)["fd_darkest"] == pytest.approx(summary(alone)["fd_darkest"])


class Darkest(MeanColour):
    """The darkest value of each channel, and the mean."""

    name = "darkest"

    def features(self, batch: torch.Tensor) -> torch.Tensor:
        return batch.float().amin(dim=(2, 3)) + super().features(batch)


def test_a_model_that_draws_few_images_has_collapsed(by: Measured, study: Study) -> None:
    images = noise(2, DRAWS * N, seed=1)
    few, one = images[:, np.arange(DRAWS * N) % 4], np.repeat(images[:, :1], DRAWS * N, axis=1)
    for drawn, collapsed in ((images, False), (few, True), (one, True)):
        np.save(by.samples / "samples.npy", drawn)
        assert [q["collapsed_mean_colour"] for q in values_of(study, "teacher", by)["quality"]] == [collapsed] * 2


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_what_does_not_fit_together_is_named(study: Study, by: Measured) -> None:
    record, samples = by.record / "1" / "record.json", by.samples / "samples.npy"
    change(record, moments_kimg=[0.0, 3.0])
    with pytest.raises(FileError, match=r"record: seeds were trained for different times; .*--force train@teacher"):
        values_of(study, "teacher", by)
    record.unlink()
    with pytest.raises(FileError, match=r"record/1/record\.json: no such file; run `dvc repro`"):
        values_of(study, "teacher", by)
    for wrong in (noise(1, DRAWS * N), noise(2, DRAWS * N - 1)):
        np.save(samples, wrong)
        with pytest.raises(FileError, match=r"samples\.npy: not the samples that params\.yaml asks for"):
            values_of(study, "teacher", by)
    samples.write_bytes(b"\x93NUMPY cut short")
    with pytest.raises(FileError, match=r"samples\.npy: not a whole array"):
        values_of(study, "teacher", by)
    samples.unlink()
    with pytest.raises(FileError, match=r"samples\.npy: no such file; `dvc repro` makes it"):
        values_of(study, "teacher", by)
