"""What tests of training share."""

from pathlib import Path

import pytest
from interrupted import CONFIGURATION
from small import labelled_noise

from frugalgan.data.batches import Images
from frugalgan.training.snapshot import Snapshots


@pytest.fixture
def images(tmp_path: Path) -> Images:
    return labelled_noise(tmp_path, 12)


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "snapshots" / "test", CONFIGURATION, 0)
