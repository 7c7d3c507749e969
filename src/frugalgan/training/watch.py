"""What shows a training while it runs."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from frugalgan.data.images import enlarged_grid

# Called with thousands of images seen, and the last losses, or none and the images of a moment, (n, C, S, S) uint8.
Watch = Callable[[float, dict[str, float], np.ndarray | None], None]
SHOWN, COLUMNS = 24, 6  # images


class WatchError(ValueError):
    """A training cannot be watched so; the message says what to do."""


def nobody(kimg: float, losses: dict[str, float], images: np.ndarray | None) -> None:
    """Watches nothing."""


def preview(images: np.ndarray) -> np.ndarray:
    """The first images of a moment, as one picture, (H, W, 3) uint8."""
    return enlarged_grid(images[:SHOWN], columns=COLUMNS)


@contextmanager
def event_files(folder: Path | None) -> Iterator[Watch]:
    """TensorBoard's event files in `folder`: losses and pictures, over thousands of images; None: nobody watches.

    Raises WatchError where tensorboard is not installed.
    """
    if folder is None:
        yield nobody
        return
    if importlib.util.find_spec("tensorboard") is None:
        raise WatchError("no tensorboard here, for event files: pip install -e '.[tensorboard]' in the clone")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:

        def write(kimg: float, losses: dict[str, float], images: np.ndarray | None) -> None:
            step = round(1000 * kimg)  # images seen
            for term, value in losses.items():
                writer.add_scalar(term, value, step)
            if images is not None:
                writer.add_image("images of the same z", preview(images), step, dataformats="HWC")

        yield write
