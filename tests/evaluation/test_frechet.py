"""The Fréchet distance: known answers, both sides of n = d, and agreement with pytorch-fid."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from frugalgan.evaluation.metrics.frechet import CHUNK_ROWS, frechet_distance, frechet_infinity
from frugalgan.evaluation.metrics.inputs import MetricError

RNG = np.random.default_rng(0)


def gaussian(n: int, mean: np.ndarray, covariance: np.ndarray, rng: np.random.Generator = RNG) -> np.ndarray:
    """n rows whose sample mean and sample covariance are exactly these (n > d)."""
    x = rng.normal(size=(n, len(mean)))
    x -= x.mean(axis=0)
    whitened = x @ np.linalg.inv(np.linalg.cholesky(x.T @ x / (n - 1))).T
    return whitened @ np.linalg.cholesky(covariance).T + mean


def some_covariance(d: int) -> np.ndarray:
    root = RNG.normal(size=(d, d))
    return root @ root.T + np.eye(d)


def test_of_a_set_with_itself_is_zero() -> None:
    for n in (5, 200):  # fewer and more rows than dimensions
        x = RNG.normal(size=(n, 20)) * 100
        assert frechet_distance(x, x) == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("n", [7, 300])
def test_equal_covariance_gives_the_squared_distance_of_the_means(n: int) -> None:
    x, shift = RNG.normal(size=(n, 30)), RNG.normal(size=30)
    assert frechet_distance(x, x + shift) == pytest.approx(np.square(shift).sum(), rel=1e-9)


def test_one_dimensional_gaussians() -> None:
    a = gaussian(50, np.array([1.0]), np.array([[4.0]]))
    b = gaussian(80, np.array([-2.0]), np.array([[25.0]]))
    assert frechet_distance(a, b) == pytest.approx((1 + 2) ** 2 + (2 - 5) ** 2)


def test_commuting_covariances_compare_standard_deviations() -> None:
    rotation, _ = np.linalg.qr(RNG.normal(size=(6, 6)))
    deviations_a, deviations_b = RNG.uniform(1, 5, 6), RNG.uniform(1, 5, 6)
    a = gaussian(100, np.zeros(6), rotation @ np.diag(deviations_a**2) @ rotation.T)
    b = gaussian(100, np.zeros(6), rotation @ np.diag(deviations_b**2) @ rotation.T)
    assert frechet_distance(a, b) == pytest.approx(np.square(deviations_a - deviations_b).sum())


def test_orthogonal_subspaces_share_nothing() -> None:
    a, b = np.zeros((40, 6)), np.zeros((40, 6))
    a[:, :3], b[:, 3:] = gaussian(40, np.zeros(3), 2 * np.eye(3)), gaussian(40, np.zeros(3), 5 * np.eye(3))
    assert frechet_distance(a, b) == pytest.approx(3 * 2 + 3 * 5)


@pytest.mark.parametrize(("n", "m"), [(40, 40), (40, 25), (CHUNK_ROWS + 3, 40), (300, 200), (300, 40)])
def test_more_dimensions_than_rows_and_fewer_agree(n: int, m: int) -> None:
    """A rotation into a wider space changes no distance, but whether n exceeds d."""
    a, b = RNG.gamma(1, size=(n, 10)), RNG.gamma(2, size=(m, 10)) @ some_covariance(10)
    into, _ = np.linalg.qr(RNG.normal(size=(60, 60)))
    wide_a, wide_b = a @ into[:10], b @ into[:10]
    assert frechet_distance(wide_a, wide_b) == pytest.approx(frechet_distance(a, b), rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 30), st.integers(2, 30), st.integers(1, 12), st.integers(0, 2**16))
def test_symmetric_non_negative_and_blind_to_order_and_place(n: int, m: int, d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b, shift = rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.normal(size=d)
    distance = frechet_distance(a, b)
    assert distance >= 0
    assert frechet_distance(b, a) == pytest.approx(distance, abs=1e-6)
    assert frechet_distance(rng.permutation(a) + shift, b + shift) == pytest.approx(distance, abs=1e-6)


def test_float32_features_are_computed_in_float64() -> None:
    a, b = (RNG.normal(size=(100, 8)).astype(np.float32) + np.float32(1000) for _ in range(2))
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(a.astype(float), b.astype(float)), rel=1e-12)


@pytest.mark.parametrize(("n", "m", "d"), [(50, 60, 100), (200, 150, 64), (40, 200, 64)])
def test_agrees_with_pytorch_fid(n: int, m: int, d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import scipy.linalg
    from pytorch_fid import fid_score

    # pytorch-fid 0.3.0 calls sqrtm(…, disp=False) and unpacks two results. SciPy 1.17 deprecates `disp` and 1.18 has
    # it no more, so pytorch-fid's own function is run on today's sqrtm, answering in the old way.
    sqrtm = scipy.linalg.sqrtm
    monkeypatch.setattr(fid_score.linalg, "sqrtm", lambda m, disp=True: sqrtm(m) if disp else (sqrtm(m), 0.0))
    a = RNG.gamma(1, size=(n, d))
    b = RNG.gamma(1.2, size=(m, d)) @ (np.eye(d) + 0.1 * RNG.normal(size=(d, d)))
    theirs = fid_score.calculate_frechet_distance(
        a.mean(axis=0), np.cov(a, rowvar=False), b.mean(axis=0), np.cov(b, rowvar=False)
    )
    assert frechet_distance(a, b) == pytest.approx(theirs, rel=1e-4)


@pytest.mark.parametrize(("n", "m", "d"), [(50, 60, 100), (200, 150, 64)])
def test_agrees_with_torch_fidelity_and_torchmetrics(n: int, m: int, d: int) -> None:
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torchmetrics.image.fid import _compute_fid

    a, b = RNG.gamma(1, size=(n, d)), RNG.gamma(1.2, size=(m, d))
    ours = frechet_distance(a, b)
    statistics = [fid_features_to_statistics(torch.from_numpy(x)) for x in (a, b)]
    theirs = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert ours == pytest.approx(theirs, rel=1e-4)
    moments = [(torch.from_numpy(x.mean(axis=0)), torch.from_numpy(np.cov(x, rowvar=False))) for x in (a, b)]
    assert ours == pytest.approx(_compute_fid(*moments[0], *moments[1]).item(), rel=1e-4)


def test_fifty_thousand_samples_need_no_square_matrix_of_them() -> None:
    import tracemalloc

    a = np.random.default_rng(0).normal(size=(50_000, 32)).astype(np.float32)
    tracemalloc.start()
    distance = frechet_distance(a, a + np.float32(1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert distance == pytest.approx(32, rel=1e-3)
    assert peak < 100e6  # 50,000² float64 would be 20 GB


def test_infinity_takes_off_the_bias_of_few_samples() -> None:
    """Two samples of one Gaussian: the distance is 0 in truth, and only small n keeps it above."""
    rng, biased, extrapolated = np.random.default_rng(0), [], []
    for seed in range(20):
        real, fake = rng.normal(size=(20_000, 8)), rng.normal(size=(500, 8))
        biased.append(frechet_distance(fake, real))
        extrapolated.append(frechet_infinity(fake, real, smallest=50, points=15, seed=seed)[0])
    assert min(biased) > 0.02
    assert abs(np.mean(extrapolated)) < 0.2 * np.mean(biased)


def test_infinity_needs_more_samples_than_its_smallest_subset() -> None:
    with pytest.raises(MetricError, match="cannot extrapolate from 15 subsets of 40 to 40 samples"):
        frechet_infinity(np.zeros((40, 2)), np.zeros((9, 2)), smallest=40, points=15, seed=0)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((1, 4)), np.zeros((5, 4)), "first set: at least 2 samples are needed, not 1"),
        (np.zeros((5, 4)), np.zeros((0, 4)), "second set: at least 2 samples are needed, not 0"),
        (np.zeros((5, 4)), np.zeros((5, 3)), "4 and 3 dimensions"),
        (np.zeros(5), np.zeros((5, 3)), "first set: features must be an"),
        (np.zeros((5, 3)), np.full((5, 3), np.nan), "second set: features contain NaN"),
        (np.array([[np.inf], [-np.inf], [1.0]]), np.zeros((5, 1)), "first set: features contain NaN or infinity"),
        (np.array([["a"], ["b"]]), np.zeros((5, 1)), "first set: features must be real numbers"),
    ],
)
def test_what_has_no_distance_is_an_error(a: np.ndarray, b: np.ndarray, message: str) -> None:
    with pytest.raises(MetricError, match=message):
        frechet_distance(a, b)
