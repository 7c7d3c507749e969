"""The truncation trick: what is drawn, with which statistics, and what is measured over thresholds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_study import dataset, row, small_study
from torch import nn
from trained_models import measured, prepared

from frugalgan.evaluation.settings import Evaluate
from frugalgan.evaluation.truncation import is_asked_for, truncation
from frugalgan.networks.dcgan import Generator
from frugalgan.networks.sampling import latents, truncated, truncated_images
from frugalgan.networks.store import save_model


@pytest.mark.parametrize("threshold", [0.04, 0.5, 1.0, 2.0])
def test_truncated_numbers_are_those_of_a_normal_distribution_drawn_anew_beyond_the_threshold(threshold: float) -> None:
    z = latents(1000, 100, 0)
    found = truncated(z, threshold).flatten()
    redrawn = z.flatten()[z.flatten().abs() < threshold]
    assert found.abs().max() <= threshold
    quantiles = torch.linspace(0.05, 0.95, 10)
    expected = torch.quantile(redrawn, quantiles)
    error = 4 * threshold / len(redrawn) ** 0.5
    assert torch.allclose(torch.quantile(found, quantiles), expected, atol=error)
    assert torch.equal(found.argsort()[:100], z.flatten().argsort()[:100])  # ranks stay


def test_a_high_threshold_changes_nothing_and_one_that_is_not_above_0_is_refused() -> None:
    z = latents(10, 8, 0)
    assert torch.allclose(truncated(z, 20.0), z, atol=1e-5)
    for threshold in (0.0, -1.0):
        with pytest.raises(ValueError, match="a threshold must be above 0"):
            truncated(z, threshold)


def test_statistics_are_those_of_truncated_z() -> None:
    torch.manual_seed(0)
    G = Generator(image_size=32, latent_size=16, width=16).eval()
    found = {}
    for threshold in (0.1, 1.0):
        truncated_images(G, n=4, seed=1, threshold=threshold)
        norm = next(module for module in G.modules() if isinstance(module, nn.BatchNorm2d))
        assert norm.running_var is not None and not norm.training
        found[threshold] = norm.running_var.clone()
    ratio = (found[0.1] / found[1.0]).mean().item()
    assert ratio == pytest.approx((0.0577 / 0.5396) ** 2, rel=0.15)  # variances of z


def test_a_model_over_thresholds(tmp_path: Path) -> None:
    sections = {"cats": dataset(size=32, samples=12, reference=40)}
    study = small_study({"a": row(seeds=2)}, datasets=sections)
    images = np.random.default_rng(0).integers(0, 256, (60, 3, 32, 32), np.uint8)
    by = measured(study, "cats", tmp_path / "a", prepared(tmp_path / "cats", images, heldout=10))
    for seed in (0, 1):
        torch.manual_seed(seed)
        (by.weights / str(seed)).mkdir(parents=True)
        save_model(by.weights / str(seed), {"generator": Generator(image_size=32, latent_size=16, width=16)})
    values, picture = truncation(study, "a", by, None)
    settings = study.section("evaluate", Evaluate)
    count = len(settings.truncation.thresholds)
    assert values["thresholds"] == list(settings.truncation.thresholds) and values["n"] == 12
    for metric in ("distance", "precision", "recall", "coverage", "variety"):
        assert np.shape(values[metric]) == (count, 2)
    assert picture.ndim == 3 and "inception_score" not in values
    asked = replace(settings, truncation=replace(settings.truncation, models=("*biggan",)))
    assert is_asked_for("digits_biggan", asked) and not is_asked_for("digits_sagan", asked)
