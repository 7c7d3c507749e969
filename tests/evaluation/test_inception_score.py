"""The Inception Score: known answers and torch-fidelity's number."""

import numpy as np
import pytest
import torch

from frugalgan.evaluation.metrics.inception_score import inception_score
from frugalgan.evaluation.metrics.inputs import MetricError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("splits", [1, 10])
def test_agrees_with_torch_fidelity(splits: int) -> None:
    from torch_fidelity.metric_isc import isc_features_to_metric

    logits = RNG.normal(scale=3, size=(103, 20))
    theirs = isc_features_to_metric(torch.from_numpy(logits), splits=splits, shuffle=False)
    mean, sd = inception_score(logits, splits=splits)
    assert mean == pytest.approx(theirs["inception_score_mean"], rel=1e-9)
    assert sd == pytest.approx(theirs["inception_score_std"], rel=1e-9, abs=1e-12)


def test_sure_and_evenly_spread_scores_the_number_of_classes_even_without_variety_in_a_class() -> None:
    stored = np.repeat(1000.0 * np.eye(7), 5, axis=0)  # failure 4: five copies of one image per class
    assert inception_score(RNG.permutation(stored), splits=1)[0] == pytest.approx(7)


def test_one_class_or_no_opinion_scores_one() -> None:
    assert inception_score(np.tile(1000.0 * np.eye(7)[2], (20, 1)), splits=2)[0] == pytest.approx(1)
    assert inception_score(np.zeros((20, 7)), splits=2)[0] == pytest.approx(1)


def test_bad_logits_are_errors() -> None:
    with pytest.raises(MetricError, match="at least 10 samples"):
        inception_score(np.zeros((9, 7)), splits=10)
    with pytest.raises(MetricError, match="NaN or infinity"):
        inception_score(np.full((9, 7), np.inf), splits=1)
