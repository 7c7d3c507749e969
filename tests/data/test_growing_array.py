"""A .npy file that grows: read like any other."""

from pathlib import Path

import numpy as np
import pytest

from frugalgan.data.growing_array import GrowingArray


def test_a_growing_array_is_an_ordinary_array(tmp_path: Path) -> None:
    items = np.random.default_rng(0).integers(0, 256, (1234, 3, 2, 2), dtype=np.uint8)
    with GrowingArray(tmp_path / "a.npy", (3, 2, 2)) as array:
        assert [array.append(item) for item in items] == list(range(1234))
        with pytest.raises(ValueError, match="uint8"):
            array.append(items[0, :1])
    assert np.array_equal(np.load(tmp_path / "a.npy", mmap_mode="r"), items)
    with GrowingArray(tmp_path / "empty.npy", (3, 2, 2)):
        pass
    assert np.load(tmp_path / "empty.npy", mmap_mode="r").shape == (0, 3, 2, 2)
