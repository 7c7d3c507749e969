"""The Inception-v3 of pytorch-fid: the network that gives the published FIDs."""

from pathlib import Path
from unittest.mock import patch
from urllib.error import URLError

import numpy as np
import pytorch_fid.inception
import torch
from torch import Tensor, nn

from frugalgan.evaluation.extractors.base import Extractor, ExtractorError, load_state, misfit

# of the file that pytorch-fid's URL names by its first eight digits
PUBLISHED_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"


class Inception(Extractor):
    """Last pooling of Inception-v3, as `pytorch-fid` computes it (Heusel et al. 2017, arXiv:1706.08500).

    (N, 3, H, W) uint8 → / 255 → bilinear to 299×299 without antialiasing → [-1, 1] → (N, 2048) float32.
    """

    name = "inception"
    dimensions = 2048
    resize = "bilinear 299x299"

    def __init__(self, weights: Path | None, device: torch.device) -> None:
        """`weights`: pytorch-fid's file, or None to look in torch.hub's cache and then to download it."""
        super().__init__(_weights_file(weights), device)

    def build(self, weights: Path) -> nn.Module:
        # pytorch-fid fetches its weights itself and would unpickle them: it is handed ours in place of its loader
        state = load_state(weights)
        try:
            with patch.object(pytorch_fid.inception, "load_state_dict_from_url", lambda *_, **__: state):
                network = pytorch_fid.inception.InceptionV3()
        except (RuntimeError, TypeError) as error:
            raise misfit(weights, error) from None
        self._classifier = state["fc.weight"].numpy()
        return network

    def features(self, batch: Tensor) -> Tensor:
        return self.network(batch.float().div_(255))[0].flatten(1)

    def logits(self, features: np.ndarray) -> np.ndarray:
        # without the bias, as in the code of the paper and in torch-fidelity
        return features @ self._classifier.T


def _weights_file(given: Path | None) -> Path:
    if given is not None:
        if not given.is_file():
            raise ExtractorError(f"{given}: no such file (evaluate.inception_weights in params.yaml). {_HINT}")
        return given
    url = pytorch_fid.inception.FID_WEIGHTS_URL
    file = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[1]
    if not file.is_file():
        _download(url, file)
    return file


def _download(url: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:  # checked against the hash and moved into place only when whole
        torch.hub.download_url_to_file(url, str(file), hash_prefix=PUBLISHED_SHA256)
    except (URLError, OSError, RuntimeError) as error:
        raise ExtractorError(f"{file}: not there and could not be downloaded from {url} ({error}). {_HINT}") from None


_HINT = (
    f"Get that file (sha256 {PUBLISHED_SHA256}) and put its path into params.yaml as evaluate.inception_weights, "
    "or set the extractor of the data set to efficientnet_lite0, which works offline"
)
