"""What all feature extractors share: the check of the images and the loop over batches."""

import pickle
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from frugalgan.provenance import file_sha256


class ExtractorError(ValueError):
    """An extractor cannot be built or used; the message names what is wrong and the cure."""


class Extractor(ABC):
    """Images → features, with a frozen network in eval mode and float32.

    `name` as in params, `dimensions` of a feature, `resize` in words, `weights_sha256` of the weights file.
    Subclasses build the network and say how a batch goes through it.
    """

    name: ClassVar[str]
    dimensions: ClassVar[int]
    resize: ClassVar[str]
    batch_factor: ClassVar[int] = 1  # how many times as many images as at 224×224 px go through it at a time

    def __init__(self, weights: Path, device: torch.device) -> None:
        self.device = device
        self.weights_sha256 = file_sha256(weights)
        # oneDNN's convolutions are about 1.4 times faster with the channels innermost
        network = self.build(weights).eval().requires_grad_(False).to(device)
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @abstractmethod
    def build(self, weights: Path) -> torch.nn.Module:
        """The network with the weights of that file. Raises ExtractorError when they do not fit."""

    @abstractmethod
    def features(self, batch: Tensor) -> Tensor:
        """(N, 3, H, W) uint8 on `device` → (N, dimensions) float32."""

    def logits(self, features: np.ndarray) -> np.ndarray | None:
        """(N, dimensions) float32 → (N, classes) float32, the network's own class scores; None: it has no classes."""
        return None

    @torch.inference_mode()
    def __call__(self, images: Tensor | np.ndarray, *, batch_size: int) -> np.ndarray:
        """(N, 3, H, W) uint8 RGB → (N, dimensions) float32, in the order given.

        `batch_size` images go through the network at a time: on a CPU some 4 are fastest at 224×224 px, since
        larger batches leave its caches. Raises ExtractorError for other shapes, other dtypes and N = 0.
        """
        images = torch.as_tensor(images)
        if images.ndim != 4 or images.shape[1] != 3 or images.dtype != torch.uint8 or not len(images):
            raise ExtractorError(
                f"{self.name} takes (N ≥ 1, 3, H, W) uint8 images, not {tuple(images.shape)} {images.dtype}"
            )
        return torch.cat([self.features(batch.to(self.device)).cpu() for batch in images.split(batch_size)]).numpy()


def load_state(file: Path) -> dict[str, Any]:
    """A state dict from a .pth file, nothing else unpickled. Raises ExtractorError."""
    try:
        state = torch.load(file, weights_only=True, map_location="cpu")
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, ValueError) as error:
        raise ExtractorError(f"{file}: not a file of PyTorch weights, or cut short ({_brief(error)})") from None
    if not isinstance(state, dict):
        raise ExtractorError(f"{file}: holds a {type(state).__name__}, not a state dict")
    return state


def misfit(file: Path, error: Exception) -> ExtractorError:
    """What to raise when the weights of a file are not this network's."""
    return ExtractorError(f"{file}: weights of another network ({_brief(error)})")


def _brief(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:200]
