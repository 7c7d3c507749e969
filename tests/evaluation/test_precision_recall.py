"""Precision, recall, density, coverage: known answers, a slow reference, and torch-fidelity's numbers."""

import numpy as np
import pytest
import torch

from frugalgan.evaluation.metrics import distances
from frugalgan.evaluation.metrics.inputs import MetricError
from frugalgan.evaluation.metrics.precision_recall import density_coverage, precision_recall

RNG = np.random.default_rng(0)


def gaussian(n: int, deviation: float = 1, d: int = 8) -> np.ndarray:
    return RNG.normal(scale=deviation, size=(n, d))


@pytest.mark.parametrize(("n", "m", "k"), [(80, 60, 3), (40, 90, 5), (30, 30, 1)])
def test_agrees_with_torch_fidelity(n: int, m: int, k: int) -> None:
    from torch_fidelity.metric_prc import prc_features_to_metric

    real, fake = gaussian(n), gaussian(m, 0.8) + 0.2
    theirs = prc_features_to_metric(
        *(torch.from_numpy(x) for x in (fake, real)),
        prc_neighborhood=k, prc_batch_size=1000, save_cpu_ram=False, verbose=False,
    )  # fmt: skip
    precision, recall = precision_recall(real, fake, k=k)
    assert precision == pytest.approx(theirs["precision"], rel=1e-6)
    assert recall == pytest.approx(theirs["recall"], rel=1e-6)


def slow_density_coverage(real: np.ndarray, fake: np.ndarray, k: int) -> tuple[float, float]:
    """Equations 4 and 5 of Naeem et al., pair by pair."""
    radii = [sorted(np.linalg.norm(x - y) for j, y in enumerate(real) if j != i)[k - 1] for i, x in enumerate(real)]
    inside = [[np.linalg.norm(y - x) < radius for y in fake] for x, radius in zip(real, radii, strict=True)]
    return np.sum(inside) / (k * len(fake)), float(np.mean(np.any(inside, axis=1)))


def test_density_and_coverage_agree_with_the_definition() -> None:
    real, fake = gaussian(40), gaussian(30, 0.7)
    assert density_coverage(real, fake, k=5) == pytest.approx(slow_density_coverage(real, fake, 5))


def test_of_a_set_with_itself() -> None:
    x = gaussian(100)
    assert precision_recall(x, x, k=3) == (1, 1)
    assert density_coverage(x, x, k=5)[1] == 1


def test_like_sets_have_a_density_of_about_one() -> None:
    density, coverage = density_coverage(gaussian(1000), gaussian(1000), k=5)
    assert density == pytest.approx(1, abs=0.1)
    assert coverage > 0.9


def test_mode_collapse_is_precise_and_recalls_little() -> None:
    real = gaussian(300)
    collapsed = real[0] + gaussian(300, 0.01)
    precision, recall = precision_recall(real, collapsed, k=3)
    assert precision == 1
    assert recall < 0.05
    assert density_coverage(real, collapsed, k=5)[1] < 0.1


def test_noise_is_imprecise() -> None:
    real, noise = gaussian(300), gaussian(300, 20)
    assert precision_recall(real, noise, k=3)[0] < 0.05
    assert density_coverage(real, noise, k=5)[0] < 0.05


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = gaussian(70), gaussian(50)
    whole = precision_recall(real, fake, k=3), density_coverage(real, fake, k=5), distances.nearest(fake, real, 4)
    monkeypatch.setattr(distances, "BLOCK", 700)  # ten rows at a time
    blocks = precision_recall(real, fake, k=3), density_coverage(real, fake, k=5), distances.nearest(fake, real, 4)
    assert whole[:2] == blocks[:2]
    assert np.array_equal(whole[2][0], blocks[2][0])


def test_nearest_are_the_nearest_in_order() -> None:
    a, b = gaussian(20), gaussian(30)
    indices, found = distances.nearest(a, b, 3)
    slow = np.linalg.norm(a[:, None] - b[None], axis=2)
    np.testing.assert_array_equal(indices, np.argsort(slow, axis=1)[:, :3])
    np.testing.assert_allclose(found, np.sort(slow, axis=1)[:, :3])


def test_too_few_samples_for_k_is_an_error() -> None:
    with pytest.raises(MetricError, match="fake set: at least 4 samples are needed, not 3"):
        precision_recall(gaussian(10), gaussian(3), k=3)
    with pytest.raises(MetricError, match="real set: at least 6 samples are needed, not 5"):
        density_coverage(gaussian(5), gaussian(10), k=5)
