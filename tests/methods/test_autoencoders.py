"""Autoencoders: known answers of their losses, and what they see of held-out images."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from small import (
    CPU,
    RECIPES,
    VAE,
    WAE,
    accumulation_of,
    batch_of,
    labelled_noise,
    method_of,
    per_sample,
    recorder_of,
    state_of,
)
from torch import Tensor
from torch.distributions import Normal
from torch.nn import functional as F

from frugalgan.data.batches import Batch, Images
from frugalgan.methods.autoencoder import Autoencoder
from frugalgan.methods.losses import kl_to_normal, mmd_imq
from frugalgan.training.loop import train
from frugalgan.training.recipe import Recipe
from frugalgan.training.run import heldout_losses

AUTOENCODERS = {name: row for name, row in RECIPES.items() if isinstance(row.method, Autoencoder)}


def terms_of(row: Recipe) -> tuple[dict[str, Tensor], Tensor, Tensor, Batch]:
    """The loss's terms, the encoder's output, the generator's images of the codes, and the batch."""
    networks, batch, method = state_of(row).networks, batch_of(6), row.method
    assert isinstance(method, Autoencoder)
    networks.G.eval()
    encoded = networks.E(batch.real, batch.labels)
    images = networks.G(method.codes(encoded, batch), batch.labels)
    return dict(method.terms(networks, batch)), encoded, images, batch


@pytest.mark.parametrize("row", AUTOENCODERS.values(), ids=AUTOENCODERS)
def test_reconstruction_is_the_mean_squared_error_of_a_pixel_value(row: Recipe) -> None:
    terms, _, images, batch = terms_of(row)
    assert terms["reconstruction"].item() == pytest.approx(F.mse_loss(images, batch.real).item(), rel=1e-5)


def test_the_vaes_loss_is_the_evidence_lower_bound() -> None:
    """Minus log p(x|z) of a normal pixel noise, plus KL, up to a constant and the factor 2σ²/D."""
    terms, encoded, images, batch = terms_of(method_of(RECIPES["vae"], pixel_sd=0.3))
    likelihood = Normal(images, 0.3).log_prob(batch.real).flatten(1).sum(1).mean()
    constant = Normal(torch.zeros(()), 0.3).log_prob(torch.zeros(())) * batch.real[0].numel()
    bound = -(likelihood - constant) + kl_to_normal(*encoded.chunk(2, dim=1))
    factor = 2 * 0.3**2 / batch.real[0].numel()
    assert sum(term.item() for term in terms.values()) == pytest.approx(factor * bound.item(), rel=1e-4)


def test_the_vaes_codes_have_the_encoders_mean_and_spread() -> None:
    n = 20_000
    encoded = torch.tensor([[1.0, -2.0, 2 * math.log(0.5), 0.0]]).expand(n, -1)
    codes = VAE.codes(encoded, Batch(torch.zeros(n, 1, 1, 1), (0, 0)))
    torch.testing.assert_close(codes.mean(0), torch.tensor([1.0, -2.0]), atol=0.03, rtol=0)
    torch.testing.assert_close(codes.std(0), torch.tensor([0.5, 1.0]), atol=0.03, rtol=0)


@pytest.mark.parametrize("name", ["wae", "wae, conditional"])
def test_the_penalty_is_lambda_times_mmd_over_the_number_of_pixel_values(name: str) -> None:
    """On conditional networks it is taken over pairs of like labels alone."""
    networks, batch = state_of(RECIPES[name]).networks, batch_of(12)  # labels 0 and 1 come twice
    encoded = networks.E(batch.real, batch.labels)
    labels = batch.labels if "conditional" in name else None
    expected = 100 / (3 * 32 * 32) * mmd_imq(encoded, batch.normal("prior", 8), labels)
    terms = dict(WAE.terms(networks, batch))
    assert terms["mmd"].item() == pytest.approx(expected.item(), rel=1e-5) and expected.item()


def test_the_decoder_is_the_generator_of_a_gan_on_the_same_networks() -> None:
    for decoder, gan in (("ae", "dcgan"), ("vae", "wgan_gp"), ("vae, conditional", "dcgan, conditional")):
        weights = RECIPES[decoder].networks().G.state_dict()
        RECIPES[gan].networks().G.load_state_dict(weights, strict=True)


@pytest.mark.parametrize("row", AUTOENCODERS.values(), ids=AUTOENCODERS)
def test_training_lowers_the_loss_on_seen_and_on_heldout_images(row: Recipe, tmp_path: Path) -> None:
    """Of two kinds of image, black and white, which an autoencoder learns at once."""
    images = np.repeat(np.array([0, 255], np.uint8), 20)[:, None, None, None] + np.zeros((1, 3, 32, 32), np.uint8)
    labelled_noise(tmp_path, 40)
    np.save(tmp_path / "images.npy", images)
    data = Images(tmp_path / "images.npy", 0, False, CPU, labels_path=tmp_path / "labels.npy")
    row = method_of(row, learning_rate=2e-3)
    state, method = state_of(row), row.method
    recorder = recorder_of(150, heldout=lambda G: heldout_losses(method, state.networks, data, G))
    train(state, method, data, 8, recorder, accumulation_of())
    rows, heldout = recorder.rows(), recorder.heldout_rows()
    assert rows[-1]["reconstruction"] < 0.5 * rows[0]["reconstruction"]
    assert heldout[-1]["reconstruction"] < 0.5 * heldout[0]["reconstruction"]
    assert set(heldout[0]) == set(rows[0])


def test_only_autoencoders_have_heldout_losses_and_only_gans_average_their_generator() -> None:
    for row in RECIPES.values():
        state = state_of(row)
        assert bool(dict(row.method.heldout_terms(state.networks, batch_of(4)))) == row.method.has_heldout_terms
        assert row.method.has_heldout_terms == ("encoder" in state.networks.parts) == (state.ema is None)


def test_heldout_losses_in_parts_are_those_of_all_together(tmp_path: Path) -> None:
    row, data = per_sample(RECIPES["wae"]), labelled_noise(tmp_path, 130)
    networks = state_of(row).networks
    networks.G.eval()
    whole = dict(row.method.heldout_terms(networks, data.batch(0, 130)))
    parts = heldout_losses(row.method, networks, data, networks.G)
    assert parts["reconstruction"] == pytest.approx(whole["reconstruction"].item(), rel=1e-5)
    assert heldout_losses(row.method, networks, None, networks.G) == {}
