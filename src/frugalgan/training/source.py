"""What a method starts or learns from, on disk: a trained model's folder, or a pool of its images."""

import hashlib
from pathlib import Path

from frugalgan.methods.base import Source
from frugalgan.models import load_model
from frugalgan.pool import FACTS, load_pool
from frugalgan.provenance import file_sha256


def open_source(folder: Path) -> Source:
    """The model or the pool that `folder` holds. Raises FileError or ModelError."""
    return load_pool(folder) if (folder / FACTS).is_file() else load_model(folder)


def source_sha256(folder: Path) -> str:
    """Of the weights, or of the pool's facts, which name the weights that made it."""
    files = [folder / FACTS] if (folder / FACTS).is_file() else sorted(folder.glob("*.safetensors"))
    return hashlib.sha256("".join(map(file_sha256, files)).encode()).hexdigest()
