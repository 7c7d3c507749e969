"""Images, films and mixtures of a trained model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from generators import generator
from PIL import Image, ImageSequence
from small import BIGGAN, DATA, LABELLED, SMALL, STYLES

from frugalgan.data.facts import DataFacts
from frugalgan.export import commands
from frugalgan.export.generate import SIDE, STOPS, between, write_film, write_images
from frugalgan.export.mix import write_mixture
from frugalgan.files import FileError
from frugalgan.networks import Family
from frugalgan.networks.sampling import images_of, latents


def test_a_walk_keeps_its_distance_from_the_middle() -> None:
    a, b = torch.randn(2, 16)
    path = between(a, b, 10)
    assert torch.allclose(path[0], a, atol=1e-5) and torch.allclose(between(a, a, 3), a.expand(3, -1))
    lengths = path.norm(dim=1)
    torch.testing.assert_close(lengths, torch.lerp(a.norm(), b.norm(), torch.arange(10) / 10), atol=1e-3, rtol=0)


@pytest.mark.parametrize(("family", "data"), [(BIGGAN, LABELLED), (STYLES, DATA)], ids=["z", "w"])
def test_truncation_goes_with_a_label_and_a_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: Family, data: DataFacts
) -> None:
    monkeypatch.setattr("frugalgan.export.generate.FRAMES", 2)
    label = torch.tensor([1]) if data.classes else None
    spread = {}
    for truncation in (None, 0.2):
        out = tmp_path / str(truncation)
        write_images(generator(family, data), out, n=12, seed=3, label=label, truncation=truncation)
        drawn = np.stack([np.asarray(Image.open(file), float) for file in sorted(out.glob("image_*.png"))])
        write_film(generator(family, data), out / "walk.gif", seed=3, label=label, truncation=truncation)
        spread[truncation] = drawn.std(axis=0).mean()
    assert spread[0.2] < 0.7 * spread[None]
    assert (tmp_path / "None/walk.gif").read_bytes() != (tmp_path / "0.2/walk.gif").read_bytes()


@pytest.mark.parametrize(("channels", "side"), [(3, SIDE), (1, SIDE), (3, DATA.size)], ids=["", "grey", "not enlarged"])
def test_a_gif_shows_the_images_that_a_walk_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channels: int, side: int
) -> None:
    monkeypatch.setattr("frugalgan.export.generate.FRAMES", 2)
    monkeypatch.setattr("frugalgan.export.generate.SIDE", side)
    G = generator(SMALL, replace(DATA, channels=channels))
    write_film(G, tmp_path / "walk.gif", seed=3)
    stops = images_of(G, latents(STOPS, SMALL.latent_size, 3)).expand(-1, 3, -1, -1).numpy()
    enlarged = [cv2.resize(stop.transpose(1, 2, 0), (side, side), interpolation=cv2.INTER_CUBIC) for stop in stops]
    with Image.open(tmp_path / "walk.gif") as film:
        assert len(list(ImageSequence.Iterator(film))) == 2 * STOPS
        assert film.info["loop"] == 0 and film.size == (side, side)
        for number in range(STOPS):
            film.seek(2 * number)
            shown = np.asarray(film.convert("RGB"), float)
            distances = [np.abs(shown - frame).mean() for frame in enlarged]
            assert 2 * distances.pop(number) < min(distances)


def test_an_mp4_that_is_not_whole_does_not_take_the_place_of_one_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frugalgan.export.generate.FRAMES", 2)
    G, film, whole = generator(SMALL, DATA), tmp_path / "walk.mp4", cv2.VideoWriter

    class OnAFullDisk:
        fourcc = whole.fourcc

        def __init__(self, file: str, *how: Any) -> None:
            self.file, self.writer = Path(file), whole(file, *how)
            self.isOpened, self.write = self.writer.isOpened, self.writer.write

        def release(self) -> None:
            self.writer.release()
            self.file.write_bytes(self.file.read_bytes()[:2000])

    write_film(G, film, seed=3)
    before = film.read_bytes()
    monkeypatch.setattr(cv2, "VideoWriter", OnAFullDisk)
    with pytest.raises(OSError, match=rf"^{film}: 0 of 12 frames could be written: is the disk full\?$"):
        write_film(G, film, seed=4)
    assert film.read_bytes() == before and list(tmp_path.iterdir()) == [film]


def test_what_lies_in_the_way_is_told_before_anything_is_drawn_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no model in the folder that is named, so whoever began to draw would say that."""
    model, folder, film, page = (tmp_path / name for name in ("model", "folder", "walk.gif", "page"))
    for place in (folder, film, page):
        place.mkdir()
        (place / "index.html").write_text("mine")
    (file := tmp_path / "model.onnx").write_text("mine")
    with pytest.raises(IsADirectoryError, match=f"{folder}: a folder, and a file is to be written"):
        write_mixture(model, model, folder, n=1, seed=0)
    with pytest.raises(IsADirectoryError, match=f"{film}: a folder, and a file is to be written"):
        commands.generate(model, out=tmp_path / "images", video=film)
    with pytest.raises(NotADirectoryError, match=f"{file}: a file"):
        commands.export(model, file)
    with pytest.raises(FileError, match=rf"{page}: holds other things \(index\.html\)"):
        commands.export(model, page)
    (page / "export.json").write_text("{}")
    with pytest.raises(ValueError, match="no trained model"):  # the names are those of an export
        commands.export(model, page)
    (empty := tmp_path / "empty").mkdir()
    monkeypatch.chdir(empty)
    with pytest.raises(IsADirectoryError, match="the current folder"):
        commands.export(model, Path("."))
    with pytest.raises(IsADirectoryError, match="the current folder"):
        write_images(generator(SMALL, DATA), Path("."), n=10**9, seed=0)
    assert file.read_text() == "mine"
    assert all((place / "index.html").read_text() == "mine" for place in (folder, film, page))
