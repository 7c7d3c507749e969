"""A .npy file that grows image by image, so that no array has to fit into memory."""

from pathlib import Path
from types import TracebackType

import numpy as np


class GrowingArray:
    """Writes a uint8 array (N, *item_shape) to `path` while N is still unknown; `np.load` reads it as usual.

    A context manager: the header gets its N when the block ends, so the file must be complete before it is moved
    to where others look for it.
    """

    def __init__(self, path: Path, item_shape: tuple[int, ...]) -> None:
        self.item_shape = item_shape
        self.count = 0
        self._file = path.open("wb")
        self._write_header()

    def append(self, item: np.ndarray) -> int:
        """Write one item, return its index. ValueError for another shape or dtype."""
        if item.shape != self.item_shape or item.dtype != np.uint8:
            raise ValueError(f"items are {self.item_shape} uint8, not {item.shape} {item.dtype}")
        self._file.write(np.ascontiguousarray(item).data)
        self.count += 1
        return self.count - 1

    def __enter__(self) -> "GrowingArray":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._file:
            if error is None:
                self._file.seek(0)
                self._write_header()

    def _write_header(self) -> None:
        # NumPy pads the header so that its length is the same for any N.
        header = {"descr": "|u1", "fortran_order": False, "shape": (self.count, *self.item_shape)}
        np.lib.format.write_array_header_1_0(self._file, header)
