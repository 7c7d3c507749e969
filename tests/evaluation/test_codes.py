"""What is pictured of autoencoders, tile by tile, against direct calls of their networks."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import norm
from untrained_autoencoders import (
    AE,
    CODE,
    SIZE,
    VAE,
    assert_differ,
    assert_same,
    autoencoder,
    decoded,
    encoded,
    noise_images,
    tiles,
)  # fmt: skip

from frugalgan.evaluation.autoencoders import BATCH, by_label, encode, manifold, random_decodes, reconstructions
from frugalgan.methods.ae import Ae
from frugalgan.methods.vae import Vae
from frugalgan.networks.sampling import latents

N = BATCH + 6  # more than one batch
LABELS = np.arange(N, dtype=np.uint8) % 10


@pytest.mark.parametrize("conditional", [False, True], ids=["no labels", "labels"])
@pytest.mark.parametrize("method", [AE, VAE], ids=["ae", "vae"])
class TestCodes:
    def test_a_code_is_what_the_encoder_gives_and_of_a_vae_the_mean(self, method: Ae | Vae, conditional: bool) -> None:
        networks, images = autoencoder(method, conditional=conditional), noise_images(N)
        codes = encode(networks, images, LABELS)
        assert (codes.shape, codes.dtype) == ((N, CODE), np.float32)
        expected = encoded(networks, images, LABELS)
        assert expected.shape[1] == CODE * (2 if method is VAE else 1)
        np.testing.assert_allclose(codes, expected[:, :CODE].numpy(), rtol=1e-4, atol=1e-5)
        assert np.ptp(codes, axis=0).min() > 0.01

    def test_there_is_no_chance_in_it(self, method: Ae | Vae, conditional: bool) -> None:
        networks, images = autoencoder(method, conditional=conditional), noise_images(N)
        before = torch.get_rng_state()
        assert np.array_equal(encode(networks, images, LABELS), encode(networks, images, LABELS))
        assert torch.equal(torch.get_rng_state(), before)

    def test_rows_of_images_and_of_their_reconstructions_alternate(self, method: Ae | Vae, conditional: bool) -> None:
        networks, images = autoencoder(method, conditional=conditional), noise_images(11)
        found = tiles(reconstructions(networks, images, LABELS[:11], columns=5), rows=4, columns=5)
        codes = encoded(networks, images, LABELS[:11])[:, :CODE]
        for i in range(10):
            row, column = 2 * (i // 5), i % 5
            assert np.array_equal(found[row, column], images[i].transpose(1, 2, 0))
            assert_same(found[row + 1, column], decoded(networks, codes[i], i if conditional else None))

    def test_random_images_are_of_the_codes_of_the_seed(self, method: Ae | Vae, conditional: bool) -> None:
        networks = autoencoder(method, conditional=conditional)
        found = tiles(random_decodes(networks, n=12, columns=6, seed=3), rows=2, columns=6)
        for i, z in enumerate(latents(12, CODE, 3)):
            assert_same(found[i // 6, i % 6], decoded(networks, z, i % 10 if conditional else None))
        assert_differ(*found.reshape(12, SIZE, SIZE, 3))


@pytest.mark.parametrize("method", [AE, VAE], ids=["ae", "vae"])
def test_a_row_is_of_one_label_and_a_column_of_one_code(method: Ae | Vae) -> None:
    networks = autoencoder(method, conditional=True)
    found = tiles(by_label(networks, columns=3, seed=5), rows=10, columns=3)
    for column, z in enumerate(latents(3, CODE, 5)):
        for label in range(10):
            assert_same(found[label, column], decoded(networks, z, label))
        assert_differ(*found[:, column])
    assert_differ(*found[0])


def test_the_manifold_goes_from_left_to_right_and_from_bottom_to_top() -> None:
    networks = autoencoder(VAE, code=2)
    found = tiles(manifold(networks, side=5), rows=5, columns=5)
    edge, inner = norm.ppf(0.97), norm.ppf(0.03 + 0.94 * 3 / 4)
    places = {
        (0, 0): (-edge, edge),
        (0, 4): (edge, edge),
        (4, 0): (-edge, -edge),
        (4, 4): (edge, -edge),
        (2, 2): (0, 0),
        (2, 3): (inner, 0),
        (1, 2): (0, inner),
    }
    for place, code in places.items():
        assert_same(found[place], decoded(networks, torch.tensor(code, dtype=torch.float32)))
    assert_differ(*(found[place] for place in places))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: by_label(autoencoder(AE), columns=3, seed=0), "told labels"),
        (lambda: manifold(autoencoder(AE), side=3), "codes of two numbers"),
        (lambda: manifold(autoencoder(AE, code=2, conditional=True), side=3), "without labels"),
        (lambda: encode(autoencoder(AE), noise_images(2, 64), LABELS[:2]), r"\(N, 3, 32, 32\) uint8.*not \(2, 3, 64"),
        (lambda: encode(autoencoder(AE), noise_images(2) / 255, LABELS[:2]), "uint8 images, not .* float64"),
        (lambda: reconstructions(autoencoder(AE), noise_images(2), LABELS[:2], columns=3), "N ≥ 1"),
    ],
)
def test_what_cannot_be_drawn_is_an_error(draw: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
