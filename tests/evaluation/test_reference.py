"""Real images that models are measured by, and what these score against each other: with a stand-in extractor."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mean_colour import COLOUR, SETTINGS, cats, pictures, sets_of

from frugalgan.evaluation import reference
from frugalgan.evaluation.features import extract
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.evaluation.reference import distance_of_few, floor
from frugalgan.files import FileError

COUNT = 12
NAMES = ("fd", "kid", "kid_subsets_sd", "mmd_rbf", "precision", "recall", "density", "coverage")


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    return cats(tmp_path / "cats")


def test_reference_is_a_choice_by_seed_without_repeats(prepared: Path) -> None:
    first, again, other = (sets_of(prepared, n=COUNT, seed=seed) for seed in (0, 0, 1))
    assert {name: len(item.features) for name, item in first.items()} == {"reference": 12, "training": 30, "heldout": 5}
    assert len(np.unique(first["reference"].features, axis=0)) == COUNT
    assert np.array_equal(first["reference"].features, again["reference"].features)
    assert first["reference"].provenance.data_sha256 != other["reference"].provenance.data_sha256
    assert first["reference"].provenance.n == COUNT
    everything = first["training"].features.tolist()
    assert all(row in everything for row in first["reference"].features.tolist())


def test_all_images_are_the_reference_where_more_are_asked_for(prepared: Path) -> None:
    sets = sets_of(prepared, n=31)
    assert np.array_equal(sets["reference"].features, sets["training"].features)
    assert sets["reference"].provenance == sets["training"].provenance


def test_grey_images_have_the_provenance_of_what_was_extracted(prepared: Path) -> None:
    grey = pictures(30)[:, :1]
    np.save(prepared / "images.npy", grey)
    sets = sets_of(prepared, n=30)
    rgb = extract(COLOUR, np.repeat(grey, 3, axis=1), source="cats", seed=0, batch_size=4)
    assert sets["reference"].provenance == rgb.provenance


def test_images_that_are_not_there_are_named_with_their_stage(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"dogs/images\.npy: no such file; `dvc repro prepare@dogs` makes it"):
        sets_of(tmp_path / "dogs", n=COUNT)


def test_floor_is_of_real_images_against_other_real_images(prepared: Path) -> None:
    values = floor(sets_of(prepared, n=COUNT), SETTINGS, n=COUNT)
    assert (values["set"], values["n_reference"], values["n_training"], values["n_heldout"]) == ("cats", COUNT, 30, 5)
    assert values["floor_fd_mean_colour"] > 0 and values["floor_fd_mean_colour_sd"] > 0
    assert {f"floor_{name}_mean_colour" for name in NAMES} <= set(values)
    assert all(isinstance(value, int | float | str) for value in values.values())


@pytest.mark.parametrize(
    ("n", "n_reference", "sizes"),
    [
        (12, 12, (12, 12)),
        (5, 20, (5, 20)),  # as many as a model draws, and as many as the reference has
        (20, 20, (17, 18)),  # of 30 + 5 no more than two halves
        (10, 30, (10, 25)),  # all the rest where the reference has more
        (30, 8, (17, 8)),
    ],
)
def test_floor_takes_as_many_as_models_are_measured_by_and_no_image_twice(
    prepared: Path, monkeypatch: pytest.MonkeyPatch, n: int, n_reference: int, sizes: tuple[int, int]
) -> None:
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    scores = reference.scores

    def noted(fake: np.ndarray, real: np.ndarray, *rest: Any) -> Any:
        seen.append((fake, real))
        return scores(fake, real, *rest)

    monkeypatch.setattr(reference, "scores", noted)
    sets = sets_of(prepared, n=n_reference)
    values = floor(sets, SETTINGS, n=n)
    assert (values["n_floor"], values["n_floor_reference"]) == sizes
    assert [(len(fake), len(real)) for fake, real in seen] == [sizes] * SETTINGS.repeats
    everything = np.concatenate([sets["training"].features, sets["heldout"].features]).tolist()
    for pair in seen:
        both = np.concatenate(pair)
        assert len(np.unique(both, axis=0)) == len(both)
        assert all(row in everything for row in both.tolist())
    assert not np.array_equal(seen[0][0], seen[1][0])  # another split each time


def test_too_few_images_for_the_metrics_neighbours_have_no_floor(tmp_path: Path) -> None:
    values = floor(sets_of(cats(tmp_path / "few", n=4, heldout=0), n=4), SETTINGS, n=4)  # two halves of 2, coverage_k 2
    assert not any("floor" in key for key in values)
    assert (values["set"], values["n_reference"], values["extractor"]) == ("cats", 4, "mean_colour")


def test_fewer_real_images_score_more_and_too_few_score_nothing(
    prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 30 + 5 real images 12 are the reference's: n and 12 others, or None, never fewer others."""
    seen: list[tuple[int, int]] = []

    def noted(some: np.ndarray, others: np.ndarray) -> float:
        assert len(np.unique(both := np.concatenate([some, others]), axis=0)) == len(both)
        seen.append((len(some), len(others)))
        return frechet_distance(some, others)

    monkeypatch.setattr(reference, "frechet_distance", noted)
    sets = sets_of(prepared, n=COUNT)
    few, more = (distance_of_few(sets, SETTINGS, n=n) for n in (4, 23))
    assert few is not None and more is not None and few > 1.5 * more
    assert seen == [(4, COUNT)] * 3 + [(23, COUNT)] * 3
    assert distance_of_few(sets, SETTINGS, n=24) is None
    assert distance_of_few(sets, SETTINGS, n=COUNT) == pytest.approx(
        floor(sets, SETTINGS, n=COUNT)["floor_fd_mean_colour"]
    )


@pytest.mark.parametrize("heldout", [None, 0, 1])
def test_too_few_held_out_images_leave_them_out(prepared: Path, heldout: int | None) -> None:
    (prepared / "heldout.npy").unlink()
    if heldout is not None:
        np.save(prepared / "heldout.npy", pictures(heldout))
    values = floor(sets_of(prepared, n=COUNT), SETTINGS, n=COUNT)
    assert "n_heldout" not in values and values["n_floor"] == COUNT
