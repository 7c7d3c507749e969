"""Real photographs as arrays."""

from pathlib import Path

import cv2
import numpy as np
import pytest

SIZE = 64  # px


@pytest.fixture(scope="session")
def photographs(photos: Path) -> tuple[np.ndarray, np.ndarray]:
    """All cats and all dogs, (N, 3, 64, 64) uint8."""
    cats, dogs = (_images(sorted(photos.glob(f"animal-faces/**/{animal}/*.jpg"))) for animal in ("cat", "dog"))
    return cats, dogs


def _images(files: list[Path]) -> np.ndarray:
    read = (cv2.imread(str(file)) for file in files)
    small = [cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for image in read if image is not None]
    return np.ascontiguousarray(np.stack(small)[:, :, :, ::-1].transpose(0, 3, 1, 2))
