"""Whether conditional models obey: classifiers of real images, of digits and of any other labelled pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch
from small_study import dataset, row, small_study
from trained_models import measured, prepared, trained, values_of

from frugalgan.config.sections import Dataset
from frugalgan.data.prepare import prepare
from frugalgan.data.settings import Prepare
from frugalgan.data.sources import fetch
from frugalgan.evaluation.classifier import ClassifierError, agreement, classifier_of
from frugalgan.evaluation.features import extractor
from frugalgan.evaluation.metrics.inception_score import inception_score
from frugalgan.evaluation.over_seeds import summary

DIGITS = dataset(source="sklearn", colour=False, labels=True)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scikit-learn's real digits, prepared."""
    folder, section = tmp_path_factory.mktemp("digits"), Dataset(**DIGITS)
    fetch(section, folder / "raw")
    prepare(folder / "raw", folder / "digits", section, Prepare(max_rejected=0.0, max_megapixels=128.0))
    return folder / "digits"


def flags(labels: np.ndarray, size: int = 64) -> np.ndarray:
    """(N, 3, size, size) uint8: red, green and blue pictures for labels 0, 1 and 2, with noise."""
    images = np.random.default_rng(0).integers(0, 120, (len(labels), 3, size, size), np.uint8)
    images[np.arange(len(labels)), labels] += 120
    return images


def by_label(data: Path, n: int, first: int = 0) -> np.ndarray:
    """n real held-out digits whose labels are 0, 1, …, 9, 0, …, from the `first` of each on."""
    images, labels = np.load(data / "heldout.npy"), np.load(data / "heldout_labels.npy")
    places = [np.flatnonzero(labels == i % 10)[first + i // 10] for i in range(n)]
    return images[places]


def test_real_digits_beat_noise_and_are_called_by_their_labels(digits: Path, tmp_path: Path) -> None:
    study = small_study({"told": row(data="digits", networks="conditional", seeds=2)}, datasets={"digits": DIGITS})
    noise = np.random.default_rng(0).integers(0, 256, (20, 1, 32, 32), np.uint8)
    moments = np.stack([noise, by_label(digits, 20)])
    images = np.concatenate([by_label(digits, 20, first) for first in (0, 2, 4)])
    trained(tmp_path / "told", np.stack([images, images]), np.stack([moments, moments]), classes=10)
    network = extractor("efficientnet_lite0_mid64", None, torch.device("cpu"))
    by = measured(study, "digits", tmp_path / "told", digits, network)
    found = values_of(study, "told", by)
    for distances, kids, shares in zip(
        found["course"]["distance"], found["course"]["kid"], found["agreement_over_training"], strict=True
    ):
        assert distances[1] < 0.5 * distances[0] and kids[1] < 0.5 * kids[0]
        assert shares[1] > 0.9 and shares[0] < 0.4
    assert len(found["agreement"]) == 2 and min(found["agreement"]) > 0.9
    assert summary(found)["agreement"] == pytest.approx(np.mean(found["agreement"]))
    assert found["classifier_accuracy"] > 0.97 and found["labels"] == [str(label) for label in range(10)]
    assert found["floor"]["floor_fd_efficientnet_lite0_mid64"] == pytest.approx(
        summary(found)["fd_efficientnet_lite0_mid64"], rel=0.3
    )
    assert (found["floor"]["n_floor"], found["n_per_moment"], found["n_reference"]) == (20, 20, 60)
    assert {"scikit-learn", "extractor_sha256", "torch", "reference_sha256"} <= set(found)
    assert found["classifier"] == "support vector machine on 1442 real images"
    assert found["inception_score_of_these_n"] == found["quality"][0]["n_per_draw"] == 20
    scores = [one["inception_score_classifier"] for one in found["quality"]]  # the extractor has no classes
    # those of the model have two of each label, 20 real ones at random have not
    assert scores == [pytest.approx(found["inception_score_of_these"], rel=0.2)] * 2 and min(scores) > 6


@pytest.mark.parametrize("asked", [0, 1])
def test_coloured_pictures_of_any_labels_and_any_size(tmp_path: Path, asked: int) -> None:
    """A model that paints label 0 as it was asked to, and one that paints the next colour each time."""
    sections = {"flags": dataset(labels=True, size=64, samples=6, reference=40)}
    study = small_study({"told": row(data="flags", networks="conditional")}, datasets=sections)
    labels = np.arange(60) % 3
    data = prepared(tmp_path / "flags", flags(labels), labels, heldout=15)
    images = flags((np.arange(18) + asked) % 3)
    trained(tmp_path / "told", images[None], images[None, None, :6].repeat(2, axis=1), classes=3)
    found = values_of(study, "told", measured(study, "flags", tmp_path / "told", data))
    share = float(asked == 0)
    assert (found["agreement"], found["agreement_over_training"]) == ([share], [[share, share]])
    assert (found["classifier_accuracy"], found["labels"]) == (1.0, ["0", "1", "2"])
    assert found["classifier"] == "support vector machine on 45 real images"


def test_the_classifier_sees_larger_pictures_at_32_px_where_chequers_of_single_pixels_are_grey(tmp_path: Path) -> None:
    labels = np.arange(120) % 2
    chequers = (np.indices((64, 64)).sum(axis=0) + labels[:, None, None]) % 2 * 100
    images = np.random.default_rng(0).integers(0, 100, (120, 3, 64, 64)) + chequers[:, None]
    data = prepared(tmp_path / "chequers", images.astype(np.uint8), labels, heldout=60)
    assert 0.3 < classifier_of(data, 5000, 0).accuracy < 0.7


def test_agreement_is_a_share_of_labels_asked_for_in_turn() -> None:
    assert agreement(np.arange(20) % 10, 10) == 1
    assert agreement(np.zeros(20), 10) == 0.1
    assert agreement(np.arange(20) % 2, 2) == 1


def test_the_classifier_learns_from_training_digits_alone(digits: Path, tmp_path: Path) -> None:
    """With held-out labels wrong throughout, it is worse than guessing."""
    for file in digits.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    labels = np.load(digits / "heldout_labels.npy")
    np.save(tmp_path / "heldout_labels.npy", (labels + 1) % 10)
    with pytest.raises(ClassifierError, match=r"labels.npy: .* of 355 real images, less than by guessing \(10%\)"):
        classifier_of(tmp_path, 5000, 0)


def test_the_classifier_learns_from_so_many_at_most_the_same_each_time(digits: Path) -> None:
    images = np.load(digits / "heldout.npy")
    few, again, all_ = (classifier_of(digits, n, 0) for n in (60, 60, 5000))
    assert np.array_equal(few.labels(images), again.labels(images)) and few.accuracy == again.accuracy
    assert few.accuracy < all_.accuracy - 0.02


@pytest.mark.parametrize("heldout", ["no file", "no labels"])
def test_its_accuracy_is_on_what_it_learnt_from_where_nothing_is_held_out(tmp_path: Path, heldout: str) -> None:
    labels = np.arange(30) % 3
    data = prepared(tmp_path / "flags", flags(labels, size=32), labels)  # both files are there and empty
    if heldout == "no file":
        (data / "heldout_labels.npy").unlink()
    classifier = classifier_of(data, 5000, 0)
    assert classifier.accuracy == 1 and not classifier.heldout
    assert classifier.labels(flags(np.array([2, 0, 1]), size=32)).tolist() == [2, 0, 1]


def test_probabilities_go_with_the_labels_and_are_no_more_than_there_are_images_for(tmp_path: Path) -> None:
    labels = np.arange(60) % 3
    classifier = classifier_of(prepared(tmp_path / "flags", flags(labels), labels, heldout=15), 5000, 0)
    logits = classifier.logits(flags(labels))
    assert logits is not None and logits.shape == (60, 3)
    assert np.array_equal(logits.argmax(axis=1), labels) and np.allclose(np.exp(logits).sum(axis=1), 1)
    score = classifier.inception_score(15, 3, 0)
    assert score is not None and 2 < score <= 3
    few = np.array([0, 0, 0, 1, 1, 1, 2])  # one image of a label: nothing to calibrate by
    bare = classifier_of(prepared(tmp_path / "few", flags(few), few), 5000, 0)
    assert bare.logits(flags(few)) is None and bare.inception_score(2, 3, 0) is None and bare.accuracy == 1


def test_real_images_are_scored_at_the_n_of_draws_and_choices_depend_on_the_seed(digits: Path) -> None:
    """Few images have a lower score than many, for their own mean is what each is compared with."""
    classifier = classifier_of(digits, 5000, 0)
    few, again, other = (classifier.inception_score(12, 5, seed) for seed in (0, 0, 1))
    every = classifier.inception_score(355, 5, 0)
    assert few is not None and every is not None
    assert few == again != other and few < 0.8 * every
    assert classifier.judged == 355 and classifier.inception_score(1000, 5, 1) == pytest.approx(every)  # no more there
    logits = classifier.judged_logits
    assert logits is not None and every == pytest.approx(inception_score(logits, splits=1)[0])


def test_unconditional_models_get_an_inception_score_by_the_classifier_and_no_agreement(tmp_path: Path) -> None:
    sections = {"flags": dataset(labels=True, size=64, samples=6, reference=40)}
    study = small_study({"told": row(data="flags")}, datasets=sections)
    labels = np.arange(60) % 3
    data = prepared(tmp_path / "flags", flags(labels), labels, heldout=15)
    for name, shown in (("all", np.arange(18) % 3), ("one", np.zeros(18, int))):
        images = flags(shown)
        trained(tmp_path / name, images[None], images[None, None, :6].repeat(2, axis=1))
        found = values_of(study, "told", measured(study, "flags", tmp_path / name, data))
        score = found["quality"][0]["inception_score_classifier"]
        assert score > 2 if name == "all" else score < 1.1
        assert "agreement" not in found and found["classifier_accuracy"] == 1.0
