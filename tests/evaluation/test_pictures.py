"""Which pictures an autoencoder gets, and that they show what they should."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from untrained_autoencoders import AE, VAE, autoencoder, noise_images, tiles

from frugalgan.data.images import read_rgb
from frugalgan.evaluation import pictures
from frugalgan.evaluation.autoencoders import by_label, manifold, random_decodes
from frugalgan.evaluation.pictures import codes_by_label, losses, write_pictures
from frugalgan.networks.parts import GENERATOR, Networks
from frugalgan.networks.store import save_model

ALWAYS = ["losses.png", "random.png", "reconstructions.png"]
LABELS = np.arange(12, dtype=np.uint8) % 10


def trained(folder: Path, networks: Networks, term: str = "kl") -> tuple[Path, Path]:
    """Folders of weights and of a record, as training leaves them."""
    weights, record = folder / "weights", folder / "record"
    weights.mkdir(parents=True)
    record.mkdir()
    save_model(weights, networks.parts)
    (record / "history.csv").write_text(f"kimg,seconds,reconstruction,{term}\n1,1,0.5,0.1\n2,2,0.05,-0.01\n")
    (record / "heldout.csv").write_text(f"kimg,seconds,reconstruction,{term}\n0,0,0.6,0.2\n2,2,0.06,0.01\n")
    return weights, record


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Held-out digits, fewer than a row of the pictures."""
    folder = tmp_path / "data"
    folder.mkdir()
    np.save(folder / "images.npy", 255 - noise_images(14))
    np.save(folder / "heldout.npy", noise_images(12))
    np.save(folder / "heldout_labels.npy", LABELS)
    return folder


def written(networks: Networks, data: Path, folder: Path) -> dict[str, np.ndarray]:
    weights, record = trained(folder / "model", networks)
    write_pictures(weights, record, data, folder / "pictures", seed=4)
    return {path.name: read_rgb(path) for path in (folder / "pictures").glob("*")}


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({}, []),
        ({"conditional": True}, ["by_label.png"]),
        ({"code": 2}, ["codes.png", "manifold.png"]),
        ({"code": 2, "conditional": True}, ["by_label.png"]),
    ],
    ids=["no labels", "labels", "plane", "plane with labels"],
)
def test_every_autoencoder_gets_the_pictures_that_apply(
    options: dict[str, Any], more: list[str], tmp_path: Path, data: Path
) -> None:
    networks = autoencoder(VAE, **options)
    images = written(networks, data, tmp_path)
    assert sorted(images) == sorted(ALWAYS + more)
    assert np.array_equal(images["random.png"], random_decodes(networks, n=100, columns=20, seed=4))
    rows = tiles(images["reconstructions.png"], rows=2, columns=12)
    assert np.array_equal(rows[0], noise_images(12).transpose(0, 2, 3, 1))
    if "by_label.png" in more:
        assert np.array_equal(images["by_label.png"], by_label(networks, columns=20, seed=4))
    if "manifold.png" in more:
        assert np.array_equal(images["manifold.png"], manifold(networks, side=15))


def test_codes_without_labels_are_not_drawn(tmp_path: Path, data: Path) -> None:
    (data / "heldout_labels.npy").unlink()
    assert sorted(written(autoencoder(AE, code=2), data, tmp_path)) == sorted([*ALWAYS, "manifold.png"])


@pytest.mark.parametrize("heldout", [None, 0])
def test_training_images_are_shown_where_none_are_held_out(heldout: int | None, tmp_path: Path, data: Path) -> None:
    (data / "heldout.npy").unlink()
    if heldout is not None:
        np.save(data / "heldout.npy", noise_images(heldout))
    shown = written(autoencoder(AE), data, tmp_path)["reconstructions.png"]
    assert np.array_equal(tiles(shown, rows=2, columns=14)[0], (255 - noise_images(14)).transpose(0, 2, 3, 1))


def test_a_model_without_encoder_gets_no_pictures(tmp_path: Path, data: Path) -> None:
    networks = autoencoder(AE)
    assert written(Networks({GENERATOR: networks.G}), data, tmp_path) == {}


@pytest.mark.parametrize("lost", ["record/history.csv", "weights/encoder.safetensors", "weights/networks.json"])
def test_what_is_missing_of_a_model_is_named(lost: str, tmp_path: Path, data: Path) -> None:
    weights, record = trained(tmp_path / "model", autoencoder(VAE))
    (tmp_path / "model" / lost).unlink()
    with pytest.raises(ValueError, match=rf"model/{lost}: "):
        write_pictures(weights, record, data, tmp_path / "out", seed=0)


def test_no_images_at_all_are_named(tmp_path: Path) -> None:
    weights, record = trained(tmp_path / "model", autoencoder(VAE))
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=r"none/images\.npy: no images; run `dvc repro`"):
        write_pictures(weights, record, tmp_path / "none", tmp_path / "out", seed=0)


def test_a_panel_per_term_and_logarithms_of_positive_numbers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = seen_figures(monkeypatch)
    losses(trained(tmp_path / "model", autoencoder(VAE), "mmd")[1], tmp_path / "losses.png")
    (figure,) = figures
    assert [(axis.get_title(), axis.get_yscale()) for axis in figure.axes] == [
        ("reconstruction", "log"),
        ("mmd", "linear"),
    ]
    training, heldout = figure.axes[0].lines
    assert (list(training.get_xdata()), list(training.get_ydata())) == ([1, 2], [0.5, 0.05])
    assert (list(heldout.get_xdata()), list(heldout.get_ydata())) == ([0, 2], [0.6, 0.06])
    assert read_rgb(tmp_path / "losses.png").std() > 10


def test_losses_of_a_model_without_held_out_images_or_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = seen_figures(monkeypatch)
    _, record = trained(tmp_path / "model", autoencoder(VAE))
    (record / "history.csv").write_text("kimg,seconds\n")
    losses(record, tmp_path / "untrained.png")
    assert [[line.get_label() for line in axis.lines] for axis in figures[0].axes] == [["held out"]] * 2
    (record / "heldout.csv").unlink()
    losses(record, tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
    (record / "history.csv").write_text("kimg,seconds,mmd\n1,1,0.5\n")
    losses(record, tmp_path / "training.png")
    assert [[line.get_label() for line in axis.lines] for axis in figures[1].axes] == [["training"]]


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
    figures, make = [], pictures.Figure

    def note(**options: Any) -> Any:
        figures.append(make(**options))
        return figures[-1]

    monkeypatch.setattr(pictures, "Figure", note)
    return figures
