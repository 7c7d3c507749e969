"""Styles: known results, the same for the same picture."""

from pathlib import Path

import numpy as np
import pytest
from picture_files import run, write_photos

from frugalgan.data.facts import read_facts
from frugalgan.data.prepare import PreparationError
from frugalgan.data.styles import STYLES, in_turn, styled

RNG = np.random.default_rng(5)
PICTURES = np.stack([np.kron(RNG.integers(0, 256, (3, 16, 16)), np.ones((2, 2))) for _ in range(4)]).astype(np.uint8)


def test_there_are_at_least_two_dozen() -> None:
    assert len(STYLES) >= 24


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_style_is_a_function_of_the_picture_alone(style: str, channels: int) -> None:
    images = PICTURES[:, :channels]
    before = images.copy()
    found = styled(images, style)
    assert found.shape == images.shape and found.dtype == np.uint8
    assert np.array_equal(found[1:2], styled(images[1:2], style)) and np.array_equal(images, before)
    assert not np.array_equal(found[0], found[1])


def test_every_style_differs_from_every_other_and_from_none() -> None:
    found = {style: styled(PICTURES, style).tobytes() for style in STYLES} | {"none": PICTURES.tobytes()}
    assert len(set(found.values())) == len(STYLES) + 1
    assert styled(PICTURES, "none") is PICTURES


def test_known_results() -> None:
    """A negative's negative; luma's weights; blocks of four pixels; two values."""
    assert np.array_equal(styled(styled(PICTURES, "negative"), "negative"), PICTURES)
    red = np.zeros((1, 3, 8, 8), np.uint8)
    red[:, 0] = 255
    assert np.all(styled(red, "grey") == 76)
    blocks = styled(PICTURES, "pixels").reshape(4, 3, 8, 4, 8, 4)
    assert np.array_equal(blocks, np.broadcast_to(blocks[:, :, :, :1, :, :1], blocks.shape))
    assert set(np.unique(styled(PICTURES, "dithered"))) == {0, 255}
    assert np.all(styled(np.full((1, 3, 16, 16), 128, np.uint8), "relief") == 128)


@pytest.mark.parametrize("size", [32, 64, 100])
def test_any_size(size: int) -> None:
    images = RNG.integers(0, 256, (1, 3, size, size), np.uint8)
    assert all(styled(images, style).shape == images.shape for style in STYLES if style != "pixels" or size % 4 == 0)


def test_an_unknown_style_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="style 'pencill': must be none or one of grey, sepia"):
        styled(PICTURES, "pencill")


@pytest.mark.parametrize("colour", [True, False])
def test_prepared_pictures_in_a_style_are_those_without_in_that_style(tmp_path: Path, colour: bool) -> None:
    """Pair by pair: so what a picture is to become is known."""
    raw = write_photos(tmp_path / "raw", 20)
    for style in ("none", "pencil"):
        run(raw, tmp_path / style, crop="centre", colour=colour, style=style)
    for name in ("images.npy", "heldout.npy"):
        plain, found = (np.load(tmp_path / style / name) for style in ("none", "pencil"))
        assert np.array_equal(found, styled(plain, "pencil"))


@pytest.mark.parametrize("labels", [True, False])
def test_of_several_styles_each_picture_is_there_in_each_and_labelled(tmp_path: Path, labels: bool) -> None:
    raw, chosen = write_photos(tmp_path / "raw", 20), ("none", "pencil", "night")
    if not labels:
        with pytest.raises(ValueError, match="several styles are told apart by labels: set `labels: true`"):
            run(raw, tmp_path / "several", crop="centre", style=" + ".join(chosen))
        return
    run(raw, tmp_path / "several", crop="centre", style=" + ".join(chosen), labels=True)
    run(raw, tmp_path / "plain", crop="centre")
    assert read_facts(tmp_path / "several").labels == chosen
    for name in ("images", "heldout"):
        plain, found = (np.load(tmp_path / folder / f"{name}.npy") for folder in ("plain", "several"))
        told = np.load(tmp_path / "several" / f"{'heldout_' * (name == 'heldout')}labels.npy")
        assert len(found) == 3 * len(plain) and told.tolist() == [0, 1, 2] * len(plain)
        for label, style in enumerate(chosen):
            assert np.array_equal(found[told == label], styled(plain, style))
    assert len((tmp_path / "several" / "manifest.csv").read_text().splitlines()) == 1 + 3 * 20


def test_pictures_are_counted_once_whatever_their_styles(tmp_path: Path) -> None:
    raw = write_photos(tmp_path / "raw/train", 5).parent
    with pytest.raises(
        PreparationError, match="raw: 3 pictures for training and 2 held out, but at least 16 are needed"
    ):
        run(raw, tmp_path / "out", style="none + pencil + night + negative", labels=True)
    write_photos(raw / "train", 20)
    write_photos(raw / "val", 3, first=100)
    report = run(raw, tmp_path / "out", style="none + pencil", labels=True)
    assert (report.train, report.heldout) == (20, 3)


def test_in_turn_is_the_style_of_each_label_in_turn() -> None:
    found = in_turn(PICTURES, ("night", "negative"))
    for place, style in enumerate(("night", "negative", "night", "negative")):
        assert np.array_equal(found[place : place + 1], styled(PICTURES[place : place + 1], style))
