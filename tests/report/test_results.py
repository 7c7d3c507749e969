"""The table of all models: means, spreads, ratios, and what must not be compared."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_evaluations import evaluations_of, write
from small_study import dataset, row, small_study

from frugalgan.config import places
from frugalgan.files import FileError
from frugalgan.report.results import (
    ResultsError,
    data_title,
    fewer_than_asked,
    read_evaluations,
    results,
    trained_by_features,
    went_on_elsewhere,
)

ROWS = {
    "untrained": row(budget="none"),
    "teacher": row(seeds=3),
    "scratch": row(data="dogs"),
    "transfer": row(data="dogs", source="teacher", start="transfer"),
    "student": row(method="kd", source="teacher", start="taught"),
    "conditional": row(data="dogs", networks="conditional"),
}
STUDY = small_study(ROWS, students=[0.3])
CHANGES: dict[str, Any] = {
    "untrained": {"distance": 400.0},
    "teacher": {"distance": 100.0, "shifts": (0.0, 3.0, -6.0)},
    "scratch": {"distance": 200.0},
    "transfer": {"distance": 230.0, "mib": 100.0},
    "student": {"distance": 110.0},
}


@pytest.fixture
def evaluations() -> dict[str, Any]:
    return evaluations_of(STUDY, ROWS, CHANGES)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evaluations: dict[str, Any]) -> Path:
    """Where these evaluations lie, as the current folder."""
    monkeypatch.chdir(tmp_path)
    write(evaluations)
    return tmp_path


def test_quality_and_cost_are_relative_to_the_first_trained_model_of_the_same_data(evaluations: dict[str, Any]) -> None:
    table = results(STUDY, evaluations)
    assert table.index.name == "model" and list(table.index) == list(STUDY.rows)
    assert table.loc["transfer", "quality_change_percent"] == pytest.approx(-15)  # 230 against 200
    assert table.loc["student", "quality_change_percent"] == pytest.approx(100 * (99 - 110) / 99)
    assert table.loc["untrained", "quality_change_percent"] == pytest.approx(100 * (99 - 400) / 99)
    assert table.loc["transfer", "peak_training_ratio"] == pytest.approx(0.25)
    for first in ("scratch", "teacher"):
        ratios = [table.loc[first, f"{name}_ratio"] for name in ("peak_training", "generator", "seconds")]
        assert ratios == [1, 1, 1]
    assert table.loc["untrained", "seconds_ratio"] == 0


def test_numbers_are_means_over_seeds_and_time_their_median(evaluations: dict[str, Any]) -> None:
    for record, seconds in zip(evaluations["teacher"]["records"], (60.0, 900.0, 50.0), strict=True):
        record["seconds"] = seconds
    found = results(STUDY, evaluations).loc["teacher"]
    assert (found["distance"], found["seeds"], found["spread"]) == (99, 3, "seeds")
    assert found["distance_sd"] == pytest.approx(np.std([100, 103, 94], ddof=1))
    assert (found["kid"], found["distance_infinity"]) == (pytest.approx(0.99), pytest.approx(89))
    assert (found["seconds"], found["seconds_per_kimg"]) == (60, 60)
    assert found["peak_training_mib"] == 400  # the largest


def test_the_spread_of_one_seed_is_that_of_its_draws(evaluations: dict[str, Any]) -> None:
    found = results(STUDY, evaluations).loc["student"]
    assert (found["seeds"], found["spread"], found["distance_sd"]) == (1, "draws", pytest.approx(np.sqrt(2)))


def test_students_have_the_weight_of_their_section_or_their_own(evaluations: dict[str, Any]) -> None:
    table = results(STUDY, evaluations)
    assert table["alpha"].dropna().to_dict() == {"student": 0.05, "student_0.3": 0.3}
    assert table["distance_vs_source"].dropna().to_dict() == {"student": 7.0, "student_0.3": 7.0}


def test_only_conditional_models_have_an_agreement(evaluations: dict[str, Any]) -> None:
    assert results(STUDY, evaluations)["agreement"].dropna().to_dict() == {"conditional": 0.9}


def test_distances_at_the_floors_n_are_taken_where_these_differ(evaluations: dict[str, Any]) -> None:
    evaluations["scratch"]["quality"][0]["fid_at_floor_n"] = 222.0
    table = results(STUDY, evaluations)
    assert table.loc["scratch", "distance_at_floor_n"] == 222
    assert table.loc["transfer", "distance_at_floor_n"] == 230
    assert table["floor"].tolist() == [12.5] * len(table) and table["n_floor"].tolist() == [50] * len(table)


def test_a_data_set_without_floor_or_without_trained_model_still_has_rows(evaluations: dict[str, Any]) -> None:
    study = small_study({"untrained": ROWS["untrained"]})
    evaluations["untrained"]["floor"] = {}
    table = results(study, {"untrained": evaluations["untrained"]})
    assert table.loc["untrained", ["generator_ratio", "quality_change_percent"]].tolist() == [1, 0]
    assert table["floor"].tolist() == [None] and np.isnan(table.loc["untrained", "peak_training_ratio"])


def test_a_data_set_says_where_its_pictures_came_from() -> None:
    sources = {"cats": "drawn", "digits": "sklearn", "numbers": "mnist", "flowers": "/my/flowers", "dogs": "kaggle"}
    study = small_study(ROWS, datasets={name: dataset(source=source) for name, source in sources.items()})
    titles = {name: data_title(study, name) for name in sources}
    assert titles == {
        "cats": "drawn cats",
        "digits": "digits (sklearn)",
        "numbers": "numbers (mnist)",
        "flowers": "flowers",
        "dogs": "dogs",
    }


def test_only_models_of_the_study_are_read(folder: Path) -> None:
    fewer = small_study({"teacher": ROWS["teacher"]})
    assert list(read_evaluations(fewer)) == ["teacher"]
    assert list(read_evaluations(STUDY)) == list(STUDY.rows)


def test_a_missing_file_is_named_with_its_stage(folder: Path) -> None:
    places.evaluation("student").unlink()
    with pytest.raises(FileError, match=r"student\.json: no such file; `dvc repro evaluate@student` makes it"):
        read_evaluations(STUDY)


@pytest.mark.parametrize("other", [{"extractor_sha256": "b"}, {"distance": "fd_small"}])
def test_models_of_one_data_set_must_be_measured_by_one_extractor(
    folder: Path, evaluations: dict[str, Any], other: dict[str, str]
) -> None:
    write({"scratch": evaluations["scratch"] | other})
    with pytest.raises(ResultsError, match="models of dogs were measured by different extractors"):
        read_evaluations(STUDY)


def test_data_sets_may_have_extractors_of_their_own(folder: Path) -> None:
    dogs = {name: {"key": "fd_small"} | CHANGES.get(name, {}) for name, one in ROWS.items() if one["data"] == "dogs"}
    write(evaluations_of(STUDY, ROWS, CHANGES | dogs))
    table = results(STUDY, read_evaluations(STUDY))
    assert table.loc["teacher", "metric"] == "fid" and table.loc["scratch", "metric"] == "fd_small"
    assert (table.loc["scratch", "distance"], table.loc["scratch", "kid"]) == (200, 2)


def test_few_pictures_are_told_with_by_how_much_the_error_bars_widen() -> None:
    rows = {"a": row(), "b": row(data="dogs")}
    study = small_study(rows)
    evaluations = evaluations_of(study, rows, {"b": {"n_per_draw": 6}})
    asked = study.dataset("dogs").samples
    (sentence,) = fewer_than_asked(study, evaluations)
    assert sentence.startswith("Of dogs there are 70 real images to compare with, so a draw is of 6 images instead of")
    assert f"√({asked}/6) = {(asked / 6) ** 0.5:.1f} times as large" in sentence


def test_who_learnt_through_a_network_is_told_with_who_judges_it() -> None:
    rows = {"a": row(), "b": row(networks="mixed")}
    study = small_study(rows, networks={"small": {"family": "dcgan"}, "mixed": {"family": "mixed"}})
    assert trained_by_features(study, evaluations_of(study, rows, {"b": {"key": "fd_vgg16_edges"}})) == [
        "b was trained by the features of efficientnet_lite0, which would flatter it: it is judged by "
        "vgg16_edges, which its training did not see."
    ]


def test_a_training_that_went_on_elsewhere_is_told() -> None:
    rows = {"a": row(seeds=2), "b": row()}
    evaluations = evaluations_of(small_study(rows), rows)
    assert went_on_elsewhere(evaluations) == []
    where = {"from_kimg": 0.5, "differs": '  device: "CPU" → "GPU"\n  code: "a" → "b"'}
    evaluations["a"]["records"][1]["went_on_elsewhere"] = [where]
    (sentence,) = went_on_elsewhere(evaluations)
    assert sentence.startswith('a, seed 1: trained on from 0.5 kimg in other conditions (device: "CPU" → "GPU", code: ')


def test_energy_is_told_where_that_of_every_seed_was_measured(evaluations: dict[str, Any]) -> None:
    assert "kilojoules" not in results(STUDY, evaluations)
    first, *others = evaluations["teacher"]["records"]
    first["joules"] = 1000.0
    evaluations["scratch"]["records"][0]["joules"] = 5000.0
    found = results(STUDY, evaluations)["kilojoules"].dropna()
    assert found.to_dict() == {"scratch": 5}
    for record in others:
        record["joules"] = 4000.0
    assert results(STUDY, evaluations).loc["teacher", "kilojoules"] == 3
