"""What a method starts or learns from, on disk: a trained model's folder, or a pool of its images."""

import hashlib
from pathlib import Path

from frugalgan.files import FileError
from frugalgan.methods.pool import FACTS, load_pool
from frugalgan.methods.start import Source
from frugalgan.networks.store import load_model
from frugalgan.provenance import file_sha256


def seed_folder(folder: Path, seed: int) -> Path:
    """The folder in `folder` of that seed, or of the last seed where it has not been trained. Raises FileError."""
    trained = sorted(int(path.name) for path in folder.glob("*") if path.name.isdecimal() and path.is_dir())
    if not trained:
        raise FileError(f"{folder}: no trained seed; train the model first (dvc repro) or get it (dvc pull)")
    return folder / str(seed if seed in trained else trained[-1])


def open_source(folder: Path) -> Source:
    """The model or the pool that `folder` holds. Raises FileError or ModelError."""
    return load_pool(folder) if (folder / FACTS).is_file() else load_model(folder)


def source_sha256(folder: Path) -> str:
    """Of the weights, or of the pool's facts, which name the weights that made it."""
    files = [folder / FACTS] if (folder / FACTS).is_file() else sorted(folder.glob("*.safetensors"))
    return hashlib.sha256("".join(map(file_sha256, files)).encode()).hexdigest()
