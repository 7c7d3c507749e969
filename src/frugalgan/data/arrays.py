"""Arrays of images or labels that stages left."""

from pathlib import Path
from typing import Literal

import numpy as np

from frugalgan.files import FileError


def load_array(file: Path, mode: Literal["r", "c"] = "r") -> np.ndarray:
    """The array, mapped into memory; "c": it may be written to, as torch asks, and nothing reaches the file.

    Raises FileError.
    """
    try:
        return np.load(file, mmap_mode=mode)
    except FileNotFoundError:
        raise FileError(f"{file}: no such file; `dvc repro` makes it") from None
    except (ValueError, EOFError) as error:
        cure = "delete it and run `dvc repro`"
        raise FileError(f"{file}: not a whole array ({error}); {cure}") from None
