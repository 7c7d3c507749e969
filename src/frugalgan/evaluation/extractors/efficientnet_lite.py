"""EfficientNet-Lite0 with ImageNet weights: the extractor whose weights come with a package, hence offline."""

from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from frugalgan.evaluation.extractors.base import Extractor, load_state, misfit
from frugalgan.networks.backbones import PIXEL_MEAN, PIXEL_SCALE
from frugalgan.networks.backbones import EfficientNetLite0 as Backbone


class EfficientNetLite0(Extractor):
    """The global average pool before the classifier.

    (N, 3, H, W) uint8 → bicubic to 224×224, antialiased, clamped to [0, 255] → (x − 127) / 128 → (N, 1280) float32.
    The whole image is used: the centre crop of ImageNet's evaluation would cut the ears off a face.
    """

    name = "efficientnet_lite0"
    dimensions = 1280
    input_size = 224  # px, at which Lite0 was trained
    resize = "bicubic 224x224, antialiased"

    def __init__(self, device: torch.device) -> None:
        super().__init__(Backbone.weights_file(), device)

    def build(self, weights: Path) -> nn.Module:
        try:
            return Backbone(load_state(weights))
        except (RuntimeError, TypeError) as error:
            raise misfit(weights, error) from None

    def features(self, batch: Tensor) -> Tensor:
        size = (self.input_size, self.input_size)
        resized = interpolate(batch.float(), size=size, mode="bicubic", antialias=True, align_corners=False)
        pixels = resized.clamp_(0, 255).sub_(PIXEL_MEAN).div_(PIXEL_SCALE)
        return self.pooled(pixels.contiguous(memory_format=torch.channels_last))

    def pooled(self, pixels: Tensor) -> Tensor:
        """(N, 3, S, S) as the network scales them → (N, dimensions)."""
        return cast(Backbone, self.network).last(pixels).mean(dim=(2, 3))

    @torch.inference_mode()
    def logits(self, features: np.ndarray) -> np.ndarray | None:
        return cast(Backbone, self.network).logits(torch.from_numpy(features).to(self.device)).cpu().numpy()


class EfficientNetLite0At64(EfficientNetLite0):
    """The last layer at 64×64: some ten times as fast. Another metric, not comparable."""

    name = "efficientnet_lite0_64"
    input_size = 64
    resize = "bicubic 64x64, antialiased"
    batch_factor = 16


class EfficientNetLite0Middle64(EfficientNetLite0):
    """For images of 32 px: 64×64 in place of 224×224, and the pool behind the last map at 1/16 of that, (N, 112, 4, 4).

    Some ten times as fast. What an image of 32 px shows, the middle of the network sees at this size; the last layer
    sees no more than the whole (docs/metrics.md compares them). Another metric, not comparable.
    """

    name = "efficientnet_lite0_mid64"
    dimensions = 112
    input_size = 64
    resize = "bicubic 64x64, antialiased, the last map at 1/16"
    batch_factor = 8

    def pooled(self, pixels: Tensor) -> Tensor:
        return cast(Backbone, self.network).middle(pixels).mean(dim=(2, 3))

    def logits(self, features: np.ndarray) -> None:
        return None
