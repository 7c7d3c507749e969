"""What tests share."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def photos() -> Path:
    """The folder of real photographs, animal-faces/afhq/…; tests that need it are skipped where there is none."""
    folder = Path(os.environ.get("FRUGALGAN_PHOTOS", ""))
    if not (folder / "animal-faces").is_dir():
        pytest.skip("real photographs needed: set FRUGALGAN_PHOTOS to a folder with animal-faces/afhq/ in it")
    return folder
