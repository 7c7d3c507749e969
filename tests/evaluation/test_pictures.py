"""What is pictured of autoencoders, tile by tile, against direct calls of their networks."""

import runpy
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pipeline import PROJECT
from scipy.stats import norm
from small import SMALL, noise_images
from torch import Tensor

from frugalgan.evaluation.autoencoders import BATCH, by_label, encode, manifold, random_decodes, reconstructions
from frugalgan.decoders import AUTOENCODERS, MANIFOLDS, is_conditional
from frugalgan.files import FileError
from frugalgan.data.images import read_rgb, to_uint8, to_unit
from frugalgan.methods.ae import Ae
from frugalgan.methods.base import Networks, Shape
from frugalgan.methods.vae import Vae
from frugalgan.networks.store import save_model
from frugalgan.report import autoencoders
from frugalgan.report.autoencoders import codes_by_label, losses, write_pictures
from frugalgan.networks.sampling import latents

AE = Ae(learning_rate=1e-3, beta1=0.9, beta2=0.999, epoch_updates=1)
VAE = Vae(learning_rate=1e-3, beta1=0.9, beta2=0.999, epoch_updates=1, pixel_sd=1.0)
TOLD, PLANE = replace(SMALL, classes=10), replace(SMALL, latent_size=2)
SIZE, PADDING = SMALL.image_size, 2
ALWAYS = ["losses.png", "random.png", "reconstructions.png"]
N = BATCH + 6  # more than one batch
LABELS = np.arange(N, dtype=np.uint8) % 10


def autoencoder(method: Ae | Vae, shape: Shape = SMALL) -> Networks:
    """Untrained, with weights so large that images of different codes and labels differ."""
    torch.manual_seed(7)
    networks = method.build(shape, None)
    with torch.no_grad():
        for network in networks.parts.values():
            for layer in network.eval().parameters():
                layer.mul_(4 if layer.ndim > 1 else 1)
    return networks


@torch.no_grad()
def decoded(networks: Networks, z: Tensor, label: int | None = None) -> np.ndarray:
    """(latent_size,) → (S, S, 3) uint8."""
    y = None if label is None else torch.tensor([label])
    return to_uint8(networks.G(z[None], y))[0].permute(1, 2, 0).numpy()


@torch.no_grad()
def encoded(networks: Networks, images: np.ndarray, labels: np.ndarray) -> Tensor:
    return networks.E(to_unit(torch.tensor(images)), torch.from_numpy(labels.astype(np.int64)))


def tiles(picture: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """A grid's images (rows, columns, S, S, 3), once it is exactly of so many."""
    step = SIZE + PADDING
    assert picture.shape == (rows * step + PADDING, columns * step + PADDING, 3)
    assert picture.dtype == np.uint8
    cells = picture[PADDING:, PADDING:].reshape(rows, step, columns, step, 3).swapaxes(1, 2)
    return cells[:, :, :SIZE, :SIZE]


def assert_same(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Equal but for rounding, which may depend on the batch."""
    assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= 1


def assert_differ(*images: np.ndarray) -> None:
    for i, image in enumerate(images):
        for other in images[:i]:
            assert np.abs(image.astype(int) - other.astype(int)).max() > 5


@pytest.mark.parametrize("shape", [SMALL, TOLD], ids=["no labels", "labels"])
@pytest.mark.parametrize("method", [AE, VAE], ids=["ae", "vae"])
class TestCodes:
    def test_a_code_is_what_the_encoder_gives_and_of_a_vae_the_mean(self, method: Ae | Vae, shape: Shape) -> None:
        networks, images = autoencoder(method, shape), noise_images(N)
        codes = encode(networks, images, LABELS)
        assert (codes.shape, codes.dtype) == ((N, SMALL.latent_size), np.float32)
        expected = encoded(networks, images, LABELS)
        assert expected.shape[1] == SMALL.latent_size * method.outputs_per_code_number
        np.testing.assert_allclose(codes, expected[:, : SMALL.latent_size].numpy(), rtol=1e-4, atol=1e-5)
        assert np.ptp(codes, axis=0).min() > 0.01

    def test_there_is_no_chance_in_it(self, method: Ae | Vae, shape: Shape) -> None:
        networks, images = autoencoder(method, shape), noise_images(N)
        before = torch.get_rng_state()
        assert np.array_equal(encode(networks, images, LABELS), encode(networks, images, LABELS))
        assert torch.equal(torch.get_rng_state(), before)

    def test_rows_of_images_and_of_their_reconstructions_alternate(self, method: Ae | Vae, shape: Shape) -> None:
        networks, images = autoencoder(method, shape), noise_images(11)
        found = tiles(reconstructions(networks, images, LABELS[:11], columns=5), rows=4, columns=5)
        codes = encoded(networks, images, LABELS[:11])[:, : SMALL.latent_size]
        for i in range(10):
            row, column = 2 * (i // 5), i % 5
            assert np.array_equal(found[row, column], images[i].transpose(1, 2, 0))
            assert_same(found[row + 1, column], decoded(networks, codes[i], i if shape.classes else None))

    def test_random_images_are_of_the_codes_of_the_seed(self, method: Ae | Vae, shape: Shape) -> None:
        networks = autoencoder(method, shape)
        found = tiles(random_decodes(networks, n=12, columns=6, seed=3), rows=2, columns=6)
        for i, z in enumerate(latents(12, SMALL.latent_size, 3)):
            assert_same(found[i // 6, i % 6], decoded(networks, z, i % 10 if shape.classes else None))
        assert_differ(*found.reshape(12, SIZE, SIZE, 3))


@pytest.mark.parametrize("method", [AE, VAE], ids=["ae", "vae"])
def test_a_row_is_of_one_label_and_a_column_of_one_code(method: Ae | Vae) -> None:
    networks = autoencoder(method, TOLD)
    found = tiles(by_label(networks, columns=3, seed=5), rows=10, columns=3)
    for column, z in enumerate(latents(3, SMALL.latent_size, 5)):
        for label in range(10):
            assert_same(found[label, column], decoded(networks, z, label))
        assert_differ(*found[:, column])
    assert_differ(*found[0])


def test_the_manifold_goes_from_left_to_right_and_from_bottom_to_top() -> None:
    networks = autoencoder(VAE, PLANE)
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
        (lambda: manifold(autoencoder(AE, replace(PLANE, classes=10)), side=3), "without labels"),
        (lambda: encode(autoencoder(AE), noise_images(2, 64), LABELS[:2]), r"\(N, 3, 32, 32\) uint8.*not \(2, 3, 64"),
        (lambda: encode(autoencoder(AE), noise_images(2) / 255, LABELS[:2]), "uint8 images, not .* float64"),
        (lambda: reconstructions(autoencoder(AE), noise_images(2), LABELS[:2], columns=3), "N ≥ 1"),
    ],
)
def test_what_cannot_be_drawn_is_an_error(draw: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()


def saved(folder: Path, networks: Networks, term: str = "kl") -> Path:
    """A model's folder as training leaves it."""
    folder.mkdir(parents=True)
    save_model(folder, networks.parts, {})
    (folder / "history.csv").write_text(f"kimg,seconds,reconstruction,{term}\n1,1,0.5,0.1\n2,2,0.05,-0.01\n")
    (folder / "heldout.csv").write_text(f"kimg,seconds,reconstruction,{term}\n0,0,0.6,0.2\n2,2,0.06,0.01\n")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Held-out digits, fewer than a row of the pictures."""
    folder = tmp_path / "data"
    folder.mkdir()
    np.save(folder / "heldout.npy", noise_images(12))
    np.save(folder / "heldout_labels.npy", LABELS[:12])
    return folder


@pytest.mark.parametrize(
    ("shape", "more"),
    [
        (SMALL, []),
        (TOLD, ["by_label.png"]),
        (PLANE, ["codes.png", "manifold.png"]),
        (replace(PLANE, classes=10), ["by_label.png"]),
    ],
    ids=["no labels", "labels", "plane", "plane with labels"],
)
def test_every_autoencoder_gets_the_pictures_that_apply(
    shape: Shape, more: list[str], tmp_path: Path, data: Path
) -> None:
    networks = autoencoder(VAE, shape)
    write_pictures(saved(tmp_path / "model", networks), data, tmp_path / "out" / "pictures", seed=4)
    assert sorted(path.name for path in (tmp_path / "out" / "pictures").iterdir()) == sorted(ALWAYS + more)
    images = {path.stem: read_rgb(path) for path in (tmp_path / "out" / "pictures").iterdir()}
    assert np.array_equal(images["random"], random_decodes(networks, n=100, columns=20, seed=4))
    rows = tiles(images["reconstructions"], rows=2, columns=12)
    assert np.array_equal(rows[0], noise_images(12).transpose(0, 2, 3, 1))
    if "by_label.png" in more:
        assert np.array_equal(images["by_label"], by_label(networks, columns=20, seed=4))
    if "manifold.png" in more:
        assert np.array_equal(images["manifold"], manifold(networks, side=15))


def test_a_panel_per_term_and_logarithms_of_positive_numbers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = seen_figures(monkeypatch)
    losses(saved(tmp_path / "model", autoencoder(VAE), "mmd"), tmp_path / "losses.png")
    (figure,) = figures
    assert [(axis.get_title(), axis.get_yscale()) for axis in figure.axes] == [
        ("reconstruction", "log"),
        ("mmd", "linear"),
    ]
    training, heldout = figure.axes[0].lines
    assert (list(training.get_xdata()), list(training.get_ydata())) == ([1, 2], [0.5, 0.05])
    assert (list(heldout.get_xdata()), list(heldout.get_ydata())) == ([0, 2], [0.6, 0.06])
    assert read_rgb(tmp_path / "losses.png").std() > 10


def test_codes_have_the_colour_of_their_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = seen_figures(monkeypatch)
    codes = np.array([[0, 1], [2, 3], [4, 5]], np.float32)
    codes_by_label(codes, np.array([7, 1, 7], np.uint8), tmp_path / "codes.png")
    (axis,) = figures[0].axes
    ones, sevens = axis.collections
    assert [points.get_label() for points in (ones, sevens)] == ["1", "7"]
    assert np.array_equal(ones.get_offsets(), codes[[1]])
    assert np.array_equal(sevens.get_offsets(), codes[[0, 2]])
    assert not np.array_equal(ones.get_facecolor(), sevens.get_facecolor())
    assert [(circle.center, circle.radius) for circle in axis.patches] == [((0, 0), 1), ((0, 0), 2)]
    assert axis.get_aspect() == 1


def seen_figures(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that are made from now on."""
    figures, make = [], autoencoders.Figure

    def note(**options: Any) -> Any:
        figures.append(make(**options))
        return figures[-1]

    monkeypatch.setattr(autoencoders, "Figure", note)
    return figures


@pytest.mark.parametrize("lost", ["history.csv", "heldout.csv", "encoder.safetensors", "model.json"])
def test_what_was_there_stays_where_a_model_is_not_whole(lost: str, tmp_path: Path, data: Path) -> None:
    model = saved(tmp_path / "model", autoencoder(VAE))
    (model / lost).unlink()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.png").write_text("old")
    with pytest.raises(ValueError, match=rf"model/{lost}: "):
        write_pictures(model, data, tmp_path / "out", seed=0)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["old.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "model", "out"]


class TestStage:
    @pytest.fixture
    def main(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, Path, Path], None]:
        text = (PROJECT / "params.yaml").read_text()
        (tmp_path / "params.yaml").write_text(text.replace("  - 0\n  - 1\n  - 2\n", "  - 3\n  - 1\n"))
        monkeypatch.chdir(tmp_path)
        return runpy.run_path(str(PROJECT / "stages" / "picture_autoencoders.py"))["main"]

    @pytest.fixture
    def models(self, tmp_path: Path) -> Path:
        """One of each autoencoder, of the first seed alone."""
        for name in (*AUTOENCODERS, *MANIFOLDS):
            shape = TOLD if is_conditional(name) else PLANE if name in MANIFOLDS else SMALL
            saved(tmp_path / "models" / name / "3", autoencoder(VAE if "vae" in name else AE, shape))
        return tmp_path / "models"

    def test_a_folder_per_autoencoder(
        self, main: Callable[[Path, Path, Path], None], models: Path, data: Path, tmp_path: Path
    ) -> None:
        main(models, data, tmp_path / "out")
        found = {folder.name: sorted(p.name for p in folder.iterdir()) for folder in (tmp_path / "out").iterdir()}
        told, plane = sorted([*ALWAYS, "by_label.png"]), sorted([*ALWAYS, "codes.png", "manifold.png"])
        assert found == {
            "digits_ae": ALWAYS,
            "digits_vae": ALWAYS,
            "digits_wae": ALWAYS,
            "digits_cvae": told,
            "digits_cwae": told,
            "digits_vae_2d": plane,
            "digits_wae_2d": plane,
        }
        networks = autoencoder(VAE)
        expected = random_decodes(networks, n=100, columns=20, seed=2022)
        assert np.array_equal(read_rgb(tmp_path / "out" / "digits_vae" / "random.png"), expected)

    def test_all_or_nothing(
        self, main: Callable[[Path, Path, Path], None], models: Path, data: Path, tmp_path: Path
    ) -> None:
        shutil.rmtree(models / "digits_wae_2d")  # the last
        with pytest.raises(FileError, match=r"models/digits_wae_2d/3/model\.json: no such file; train the model"):
            main(models, data, tmp_path / "new")
        assert not (tmp_path / "new").exists()
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "old.png").write_text("old")
        with pytest.raises(FileError, match="digits_wae_2d"):
            main(models, data, tmp_path / "out")
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["old.png"]
