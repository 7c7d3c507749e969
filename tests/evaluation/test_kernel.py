"""KID and MMD: known answers, and the same numbers as torch-fidelity and torchmetrics."""

import numpy as np
import pytest
import torch

from frugalgan.evaluation.metrics.inputs import MetricError
from frugalgan.evaluation.metrics.kernel import BANDWIDTHS, kid, mmd_rbf

RNG = np.random.default_rng(0)


def slow_mmd2(a: np.ndarray, b: np.ndarray, kernel) -> float:
    """The unbiased estimate, pair by pair."""
    n, m = len(a), len(b)
    within_a = sum(kernel(a[i], a[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_b = sum(kernel(b[i], b[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    across = sum(kernel(x, y) for x in a for y in b) / (n * m)
    return within_a + within_b - 2 * across


@pytest.mark.parametrize(("n", "m", "subsets", "size"), [(60, 50, 20, 30), (60, 50, 2, 10), (40, 40, 3, 40)])
def test_kid_agrees_with_torch_fidelity_on_equal_subsets(n: int, m: int, subsets: int, size: int) -> None:
    from torch_fidelity.metric_kid import kid_features_to_metric

    a, b = RNG.gamma(1, size=(n, 24)), RNG.gamma(1.3, size=(m, 24))
    theirs = kid_features_to_metric(
        *(torch.from_numpy(x) for x in (a, b)),
        kid_subsets=subsets, kid_subset_size=size, kid_kernel="poly", kid_kernel_poly_degree=3,
        kid_kernel_poly_gamma=None, kid_kernel_poly_coef0=1.0, rng_seed=2020, verbose=False,
    )  # fmt: skip
    mean, sd = kid(a, b, subsets=subsets, subset_size=size, seed=2020)
    assert mean == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-6)
    assert sd == pytest.approx(theirs["kernel_inception_distance_std"], rel=1e-6, abs=1e-12)


def test_kid_of_whole_sets_agrees_with_torchmetrics_and_with_the_sum_over_pairs() -> None:
    from torchmetrics.image.kid import poly_mmd

    a, b = RNG.normal(size=(12, 5)), RNG.normal(1, 2, size=(12, 5))
    mean, sd = kid(a, b, subsets=1, subset_size=12, seed=0)
    assert sd == 0
    assert mean == pytest.approx(poly_mmd(torch.from_numpy(a), torch.from_numpy(b)).item(), rel=1e-9)
    assert mean == pytest.approx(slow_mmd2(a, b, lambda x, y: (x @ y / 5 + 1) ** 3), rel=1e-9)


def test_kid_over_permutations_of_one_set_is_zero_within_its_error() -> None:
    x = RNG.normal(size=(400, 10))
    values = []
    for seed in range(60):
        order = np.random.default_rng(seed).permutation(len(x))
        values.append(kid(x[order[:200]], x[order[200:]], subsets=1, subset_size=200, seed=0)[0])
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 4 * error
    assert min(values) < 0  # unbiased: an estimate that is never negative would not be


def test_kid_grows_with_the_distance_of_the_means() -> None:
    x = RNG.normal(size=(200, 10))
    near, far = (
        kid(x, RNG.normal(shift, 1, size=(200, 10)), subsets=5, subset_size=100, seed=0)[0] for shift in (1, 2)
    )
    assert 0 < near < far


def test_rbf_agrees_with_the_sum_over_pairs() -> None:
    a, b = RNG.normal(size=(9, 4)), RNG.normal(0.5, 1, size=(11, 4))
    distances = [np.square(b[i] - b[j]).sum() for i in range(11) for j in range(i)]
    median = np.median(distances)

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean([np.exp(-np.square(x - y).sum() / (2 * median * w**2)) for w in BANDWIDTHS]))

    assert mmd_rbf(a, b) == pytest.approx(slow_mmd2(a, b, kernel), rel=1e-9)


def test_rbf_is_about_zero_for_like_sets_and_at_most_two() -> None:
    like = [mmd_rbf(RNG.normal(size=(100, 6)), RNG.normal(size=(100, 6))) for _ in range(20)]
    assert abs(np.mean(like)) < 4 * np.std(like, ddof=1) / np.sqrt(20)
    assert 0.5 < mmd_rbf(RNG.normal(100, 0.01, size=(50, 6)), RNG.normal(size=(50, 6))) <= 2


def test_what_has_no_discrepancy_is_an_error() -> None:
    with pytest.raises(MetricError, match="first set: at least 10 samples are needed, not 5"):
        kid(np.zeros((5, 3)), np.zeros((20, 3)), subsets=1, subset_size=10, seed=0)
    with pytest.raises(MetricError, match="second set: features contain NaN"):
        mmd_rbf(np.zeros((5, 3)), np.full((5, 3), np.nan))
    with pytest.raises(MetricError, match="no scale for the kernels"):
        mmd_rbf(np.zeros((5, 3)), np.zeros((5, 3)))
    with pytest.raises(MetricError, match="at least 1 subset of at least 2"):
        kid(np.zeros((5, 3)), np.zeros((5, 3)), subsets=0, subset_size=3, seed=0)
