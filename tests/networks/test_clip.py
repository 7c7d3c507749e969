"""CLIP as the encoder of directions, also from words, with a small model of open_clip whose weights are random."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from small import (
    DATA,
    DIRECTION,
    LABELLED,
    RECIPES,
    STYLE_LOSSES,
    STYLES,
    accumulation_of,
    batch_of,
    conditions_of,
    recipe,
    state_of,
)

from frugalgan.config.sections import Start
from frugalgan.methods.direction import Direction
from frugalgan.networks.clip import MEAN, SD, TEMPLATES, ClipEmbedder, ClipError, clip
from frugalgan.training.prediction import predict
from frugalgan.training.recipe import Recipe

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file of weights of the model `tiny`, which open_clip then knows."""
    folder = tmp_path_factory.mktemp("clip")
    (folder / "tiny.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(folder)
    torch.manual_seed(0)
    torch.save(open_clip.create_model("tiny").state_dict(), folder / "tiny.pt")
    return str(folder / "tiny.pt")


def with_words(weights: str, **changes: Any) -> Direction:
    found = {"encoder": "clip", "clip_model": "tiny", "clip_weights": weights, "words_from": "a cat"}
    return replace(DIRECTION, **found | {"words_to": "a pencil sketch of a cat"} | changes)


def adapted(method: Direction, kind: str = "domain_vector") -> Recipe:
    start = Start(weights=("generator",), adaptation=kind, teacher=True)  # pyright: ignore[reportArgumentType]
    found = recipe(method, STYLES, start, recipe(STYLE_LOSSES, STYLES))
    return replace(found, data=LABELLED if kind == "hypernetwork" else DATA)


def test_images_are_seen_as_open_clips_own_preprocessing_has_them(weights: str) -> None:
    embedder = clip("tiny", weights)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    preprocess = open_clip.image_transform(32, is_train=False, mean=MEAN, std=SD)
    theirs = torch.stack([preprocess(Image.fromarray(image)) for image in pixels])  # pyright: ignore
    expected = torch.nn.functional.normalize(embedder.model.encode_image(theirs), dim=1)
    found = embedder(torch.from_numpy(pixels.transpose(0, 3, 1, 2)).float() / 127.5 - 1)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(embedder(torch.rand(2, 1, 64, 64)).norm(dim=1), torch.ones(2))  # grey, of another size


def test_words_are_a_mean_over_templates(weights: str) -> None:
    embedder = clip("tiny", weights)
    found = embedder.of_words(["a cat", "a dog"])
    tokens = embedder.tokenizer([template.format("a dog") for template in TEMPLATES])
    mean = torch.nn.functional.normalize(embedder.model.encode_text(tokens), dim=1).mean(dim=0)
    torch.testing.assert_close(found[1], mean / mean.norm())
    embedder.set_prompts("a cat", ["a dog", "a cat"])
    torch.testing.assert_close(embedder.directions, torch.stack([found[1] - found[0], torch.zeros(16)]))


@pytest.mark.parametrize("kind", ["domain_vector", "hypernetwork"])
def test_training_turns_images_into_the_direction_of_the_words(weights: str, kind: str) -> None:
    """Each label in its own: the loss falls from 1, which no change at all has."""
    method = with_words(weights, words_to="a cat of {label}", learning_rate=0.02, angles=0.0, between=0.0)
    state, losses = state_of(adapted(method, kind)), []
    for step in range(40):
        batch = batch_of(4, key=(5, 4 * step))
        losses.append(method.step(state.networks, state.optimizers, lambda b=batch: b, accumulation_of())["direction"])
    assert losses[0].item() == pytest.approx(1, abs=0.01)
    assert torch.stack(losses[-5:]).mean() < 0.8
    embedder = state.networks.embedder
    assert isinstance(embedder, ClipEmbedder) and len(embedder.words) == (10 if kind == "hypernetwork" else 1)


def test_without_words_clip_is_an_encoder_of_pictures(weights: str) -> None:
    method = with_words(weights, words_from="", words_to="")
    state = state_of(adapted(method))
    batch = batch_of(4)
    assert set(method.step(state.networks, state.optimizers, lambda: batch, accumulation_of())) == {
        "direction",
        "angles",
    }
    assert set(RECIPES["direction"].method.build(STYLES, DATA).parts) == {"generator"}


def test_it_is_planned_and_checked_without_memory(weights: str) -> None:
    row = adapted(with_words(weights))
    with torch.device("meta"):
        assert all(tensor.is_meta for tensor in row.networks().embedder.parameters())  # pyright: ignore
    need = predict(row, 4, conditions_of())
    assert need.trained_parameters == sum(p.numel() for p in state_of(row).trainable()) and need.peak_bytes > 0


def test_what_is_missing_is_named_with_the_cure(weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClipError, match=r"'ViT' is none of open_clip's"):
        clip("ViT", weights)
    with pytest.raises(ClipError, match=r"clip_weights: nothing: no such file; .*efficientnet_lite0"):
        clip("tiny", "")
    with pytest.raises(ValueError, match="words need encoder: clip; efficientnet_lite0 knows none"):
        with_words(weights, encoder="efficientnet_lite0")
    with pytest.raises(ValueError, match="words_from and words_to: both, or none"):
        with_words(weights, words_from="")
    monkeypatch.setitem(sys.modules, "open_clip", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ClipError, match=r"pip install -e '\.\[clip\]' in the clone, or set direction.encoder"):
        clip("tiny", str(Path(weights)))
