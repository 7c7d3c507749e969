"""Autoencoders: known answers of their losses, and what labels do."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small import (
    AE,
    CPU,
    LABELLED,
    METHODS,
    SMALL,
    batch_of,
    conditions_of,
    descent_of,
    labelled_noise,
    per_sample,
    state_of,
)
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn import functional as F

from frugalgan.data.batches import Batch, Images
from frugalgan.methods.losses import IMQ_SCALES, kl_to_normal, mmd_imq
from frugalgan.methods.autoencoder import Autoencoding
from frugalgan.methods.vae import Vae
from frugalgan.methods.wae import Wae
from frugalgan.training.loop import Budget, train
from frugalgan.training.prediction import noise
from frugalgan.training.run import heldout_losses
from frugalgan.training.state import Conditions, start
from frugalgan.training.record import Watch

AUTOENCODERS = {name: method for name, method in METHODS.items() if isinstance(method, Autoencoding)}


def terms_of(method: Autoencoding) -> tuple[dict[str, Tensor], Tensor, Tensor, Batch]:
    """The loss's terms, the encoder's output, the generator's images of the codes, and the batch."""
    networks, batch = state_of(method).networks, batch_of(6)
    networks.G.eval()
    encoded = networks.E(batch.real, batch.labels)
    images = networks.G(method.codes(encoded, batch), batch.labels)
    return dict(method.terms(networks, batch)), encoded, images, batch


@pytest.mark.parametrize("method", AUTOENCODERS.values(), ids=AUTOENCODERS)
def test_reconstruction_is_the_mean_squared_error_of_a_pixel_value(method: Autoencoding) -> None:
    terms, _, images, batch = terms_of(method)
    assert terms["reconstruction"].item() == pytest.approx(F.mse_loss(images, batch.real).item(), rel=1e-5)


def test_kl_equals_the_librarys() -> None:
    mean, log_variance = torch.randn(5, 3), torch.randn(5, 3)
    ours = Independent(Normal(mean, (log_variance / 2).exp()), 1)
    expected = kl_divergence(ours, Independent(Normal(torch.zeros(5, 3), torch.ones(5, 3)), 1)).mean()
    assert kl_to_normal(mean, log_variance).item() == pytest.approx(expected.item(), rel=1e-5)
    assert kl_to_normal(torch.zeros(4, 2), torch.zeros(4, 2)).item() == 0


def test_the_vaes_loss_is_the_evidence_lower_bound() -> None:
    """Minus log p(x|z) of a normal pixel noise, plus KL, up to a constant and the factor 2σ²/D."""
    method = Vae(**AE, pixel_sd=0.3)
    terms, encoded, images, batch = terms_of(method)
    likelihood = Normal(images, 0.3).log_prob(batch.real).flatten(1).sum(1).mean()
    constant = Normal(torch.zeros(()), 0.3).log_prob(torch.zeros(())) * batch.real[0].numel()
    bound = -(likelihood - constant) + kl_to_normal(*encoded.chunk(2, dim=1))
    factor = 2 * 0.3**2 / batch.real[0].numel()
    assert sum(term.item() for term in terms.values()) == pytest.approx(factor * bound.item(), rel=1e-4)


def test_the_vaes_codes_have_the_encoders_mean_and_spread() -> None:
    method, n = METHODS["vae"], 20_000
    assert isinstance(method, Vae)
    encoded = torch.tensor([[1.0, -2.0, 2 * math.log(0.5), 0.0]]).expand(n, -1)
    codes = method.codes(encoded, Batch(torch.zeros(n, 1, 1, 1), (0, 0)))
    torch.testing.assert_close(codes.mean(0), torch.tensor([1.0, -2.0]), atol=0.03, rtol=0)
    torch.testing.assert_close(codes.std(0), torch.tensor([0.5, 1.0]), atol=0.03, rtol=0)


def slow_mmd(codes: Tensor, prior: Tensor, labels: list[int] | None = None) -> float:
    """Algorithm 2 of Tolstikhin et al. 2018, pair by pair."""

    def kernel(a: Tensor, b: Tensor) -> float:
        squares, base = (a - b).square().sum().item(), 2 * codes.shape[1]
        return sum(s * base / (s * base + squares) for s in IMQ_SCALES)

    n, pairs = len(codes), 0
    total = across = 0.0
    for i in range(n):
        for j in range(n):
            if labels is not None and labels[i] != labels[j]:
                continue
            if i != j:
                total += kernel(codes[i], codes[j]) + kernel(prior[i], prior[j])
                pairs += 1
            if i != j or labels is None:
                across += kernel(codes[i], prior[j])
    return total / pairs - 2 * across / (n * n if labels is None else pairs)


def test_mmd_equals_the_algorithm_pair_by_pair() -> None:
    codes, prior = torch.randn(7, 3) * 2 + 1, torch.randn(7, 3)
    labels = [0, 1, 0, 2, 1, 0, 0]
    assert mmd_imq(codes, prior).item() == pytest.approx(slow_mmd(codes, prior), abs=1e-5)
    told = mmd_imq(codes, prior, torch.tensor(labels)).item()
    assert told == pytest.approx(slow_mmd(codes, prior, labels), abs=1e-5)


def test_mmd_needs_a_pair_and_says_what_to_change() -> None:
    assert mmd_imq(torch.randn(3, 2), torch.randn(3, 2), torch.arange(3)).item() == 0  # no two labels are alike
    with pytest.raises(ValueError, match=r"lower training\.accumulate and devices, or raise batch_size"):
        mmd_imq(torch.randn(1, 2), torch.randn(1, 2))


def test_mmd_is_about_0_for_normal_codes_and_grows_with_their_distance() -> None:
    rng = torch.Generator().manual_seed(0)
    normal = [torch.randn(400, 4, generator=rng) for _ in range(2)]
    assert abs(mmd_imq(*normal).item()) < 0.02
    values = [mmd_imq(normal[0] + shift, normal[1]).item() for shift in (0.5, 1.0, 2.0)]
    assert 0.02 < values[0] < values[1] < values[2]


def test_only_the_conditional_mmd_sees_codes_that_tell_the_label() -> None:
    """Codes that are normal together, but each label's have a half-space to themselves."""
    rng = torch.Generator().manual_seed(0)
    codes, prior = (torch.randn(600, 2, generator=rng) for _ in range(2))
    labels = (codes[:, 0] > 0).long()
    assert abs(mmd_imq(codes, prior).item()) < 0.02
    assert mmd_imq(codes, prior, labels).item() > 0.2
    assert abs(mmd_imq(codes, prior, torch.arange(600) % 2).item()) < 0.03


def test_the_penalty_is_lambda_times_mmd_over_the_number_of_pixel_values() -> None:
    method = METHODS["wae"]
    assert isinstance(method, Wae)
    terms, encoded, _, batch = terms_of(method)
    expected = 100 / (3 * 32 * 32) * mmd_imq(encoded, batch.normal("prior", 8))
    assert terms["mmd"].item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("name", ["cvae", "cwae"])
def test_encoder_and_decoder_are_told_the_label(name: str) -> None:
    networks, batch = state_of(METHODS[name]).networks, batch_of(4)
    networks.G.eval()
    z, other = torch.randn(4, 8), (torch.arange(4) + 1) % 10
    assert not torch.equal(networks.G(z, batch.labels), networks.G(z, other))
    assert not torch.equal(networks.E(batch.real, batch.labels), networks.E(batch.real, other))
    with pytest.raises(ValueError, match="was built with 10 classes: it needs labels"):
        networks.G(z)
    with pytest.raises(ValueError, match="is about labels: its networks must have classes"):
        METHODS[name].build(SMALL, None)


def test_the_decoder_is_the_generator_of_a_gan_of_the_same_shape() -> None:
    for decoder, gan, shape in (("ae", "dcgan", SMALL), ("vae", "wgan_gp", SMALL), ("cvae", "dcgan", LABELLED)):
        weights = METHODS[decoder].build(shape, None).G.state_dict()
        METHODS[gan].build(shape, None).G.load_state_dict(weights, strict=True)


@pytest.mark.parametrize("name", ["dcgan", "wgan_gp, told labels", "cvae"])
def test_networks_of_grey_images_have_one_channel(name: str) -> None:
    method, shape = METHODS[name], replace(LABELLED, channels=1)
    batch, state = noise(shape, 4, CPU), start(METHODS[name], shape, None, conditions_of(), seed=3)
    method.step(state.networks, state.optimizers, lambda: batch, descent_of())
    assert state.networks.G(torch.randn(4, 8), batch.labels).shape == batch.real.shape == (4, 1, 32, 32)


@pytest.mark.parametrize("method", AUTOENCODERS.values(), ids=AUTOENCODERS)
def test_training_lowers_the_loss_on_seen_and_on_heldout_images(method: Autoencoding, tmp_path: Path) -> None:
    """Of two kinds of image, black and white, which an autoencoder learns at once."""
    images = np.repeat(np.array([0, 255], np.uint8), 20)[:, None, None, None] + np.zeros((1, 3, 32, 32), np.uint8)
    labelled_noise(tmp_path, 40)
    np.save(tmp_path / "images.npy", images)
    data = Images(tmp_path / "images.npy", 0, False, CPU, labels_path=tmp_path / "labels.npy")
    state = state_of(replace(method, learning_rate=2e-3), conditions=Conditions(CPU, torch.float32, 0.0))
    watch = Watch("test", 150, data.device, 0, 6, heldout=lambda G: heldout_losses(method, state.networks, data, G))
    train(state, method, data, Budget(150, 8), watch, descent_of())
    rows, heldout = watch.rows(), watch.heldout_rows()
    assert rows[-1]["reconstruction"] < 0.5 * rows[0]["reconstruction"]
    assert heldout[-1]["reconstruction"] < 0.5 * heldout[0]["reconstruction"]
    assert set(heldout[0]) == set(rows[0])


def test_only_autoencoders_watch_heldout_images(tmp_path: Path) -> None:
    for method in METHODS.values():
        networks, batch = state_of(method).networks, batch_of(4)
        assert bool(dict(method.heldout_terms(networks, batch))) == method.watches_heldout
        assert method.watches_heldout == ("encoder" in networks.parts)


def test_heldout_losses_in_parts_are_those_of_all_together(tmp_path: Path) -> None:
    data, method = labelled_noise(tmp_path, 130), per_sample(METHODS["wae"])
    networks = state_of(method).networks
    networks.G.eval()
    whole = dict(method.heldout_terms(networks, data.batch(0, 130)))
    parts = heldout_losses(method, networks, data, networks.G)
    assert parts["reconstruction"] == pytest.approx(whole["reconstruction"].item(), rel=1e-5)
    assert heldout_losses(method, networks, None, networks.G) == {}
