"""CLIP's encoders of images and words (Radford et al. 2021, arXiv:2103.00020), through the package open_clip_torch.

The weights are a file that somebody has: nothing is downloaded.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from frugalgan.networks.backbones import without_memory
from frugalgan.networks.embedder import Embedder

MEAN, SD = (
    (0.48145466, 0.4578275, 0.40821073),
    (0.26862954, 0.26130258, 0.27577711),
)  # of OpenAI's and OpenCLIP's models
# Words stand in each of these, and their embeddings are averaged: a few of those of Radford et al. 2021.
TEMPLATES = (
    "a photo of {}.",
    "a picture of {}.",
    "a cropped photo of {}.",
    "a bright photo of {}.",
    "a good photo of {}.",
)


class ClipError(ValueError):
    """CLIP cannot be used; the message says what is missing."""


class ClipEmbedder(Embedder):
    """d as the model has it."""

    mean: Tensor
    sd: Tensor

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__()
        self.model, self.tokenizer = model.eval().requires_grad_(False), tokenizer
        size = model.visual.image_size
        self.side = size[0] if isinstance(size, tuple) else size
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])
        self.register_buffer("sd", torch.tensor(SD)[:, None, None])

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        x = F.interpolate(
            x.expand(-1, 3, -1, -1), size=(self.side, self.side), mode="bicubic", antialias=x.shape[2] > self.side
        )
        return F.normalize(self.model.encode_image(((x + 1) / 2 - self.mean) / self.sd), dim=1)

    def set_prompts(self, source: str, domains: Sequence[str]) -> None:
        """Set `words` and `directions` of these domains."""
        self.register_buffer("words", self.of_words(domains))
        self.register_buffer("directions", self.words - self.of_words([source]))

    @torch.no_grad()
    def of_words(self, words: Sequence[str]) -> Tensor:
        """(len(words), d), of length 1: the mean over TEMPLATES of each."""
        if without_memory():
            return self.model.text_projection.new_zeros(len(words), self.model.text_projection.shape[1])
        found = []
        for text in words:
            tokens = self.tokenizer([template.format(text) for template in TEMPLATES]).to(self.mean.device)
            found.append(F.normalize(F.normalize(self.model.encode_text(tokens), dim=1).mean(dim=0), dim=0))
        return torch.stack(found)


def clip(name: str, weights: str) -> ClipEmbedder:
    """The model `name` of open_clip with the weights of that file. Raises ClipError."""
    offline = "or set direction.encoder: efficientnet_lite0, which needs nothing and knows no words"
    if importlib.util.find_spec("open_clip") is None:
        raise ClipError(f"direction.encoder: clip needs a package: pip install -e '.[clip]' in the clone, {offline}")
    import open_clip

    if name not in open_clip.list_models():
        raise ClipError(f"direction.clip_model: {name!r} is none of open_clip's, such as ViT-B-32 and ViT-B-16")
    if not Path(weights).expanduser().is_file():
        raise ClipError(
            f"direction.clip_weights: {weights or 'nothing'}: no such file; it is OpenCLIP's weights of {name} "
            f"(.safetensors, .bin or .pt), which nothing downloads for you: put it there, {offline}"
        )
    if without_memory():  # open_clip's own way moves the model to its device, which such tensors cannot be
        model = open_clip.CLIP(**(open_clip.get_model_config(name) or {}))  # pyright: ignore[reportCallIssue]
    else:
        model = open_clip.create_model(name, pretrained=str(Path(weights).expanduser()))
    return ClipEmbedder(model, open_clip.get_tokenizer(name))
