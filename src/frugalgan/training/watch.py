"""What one sees of a training run: losses, images of the fixed vectors, seconds, memory."""

import csv
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from frugalgan.networks import Network
from frugalgan.sampling import fixed_latents, images_of
from frugalgan.training.cost import LiveBytes
from frugalgan.training.ema import working_generator

MOMENTS = 10  # at which the fixed vectors are shown, beside the start
HISTORY_ROWS = 200  # at most, in history.csv


class NonFiniteLoss(RuntimeError):
    """A loss is NaN or infinite: training cannot go on."""


class Watch:
    """Collects; decides nothing. `seconds` counts the training steps alone, not what is drawn between them."""

    def __init__(self, name: str, steps: int, device: torch.device, seed: int) -> None:
        self.name, self.steps, self.device, self.seed = name, steps, device, seed
        self.interval = max(1, math.ceil(steps / HISTORY_ROWS))
        self.moments = {round(steps * i / MOMENTS) for i in range(1, MOMENTS + 1)} - {0}
        self.rows: list[dict[str, float]] = []
        self.frames: list[np.ndarray] = []  # each (6, 3, S, S) uint8
        self.frames_kimg: list[float] = []
        self.seconds = 0.0
        self.peak_bytes = 0
        self._sums: dict[str, Tensor] = {}
        self._n = 0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Add the block's seconds, GPU work included."""
        begun = time.perf_counter()
        yield
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        self.seconds += time.perf_counter() - begun

    def memory(self, step: Callable[[], dict[str, Tensor]], living: Callable[[], list[Tensor]]) -> dict[str, Tensor]:
        """Do one step, noting its peak of memory in bytes: allocated on CUDA, live tensors on the CPU."""
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            losses = step()
            self.peak_bytes = torch.cuda.max_memory_allocated(self.device)
        else:
            with LiveBytes(living()) as live:
                losses = step()
            self.peak_bytes = live.peak
        return losses

    def record(self, done: int, nimg: int, losses: dict[str, Tensor]) -> bool:
        """Take the losses of step number `done`; True if a row of means was completed. Raises NonFiniteLoss."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, torch.zeros_like(value)) + value
        self._n += 1
        if done % self.interval and done != self.steps:
            return False
        means = {name: (total / self._n).item() for name, total in self._sums.items()}
        for name, mean in means.items():
            if not math.isfinite(mean):
                raise NonFiniteLoss(
                    f"{self.name}: {name} is {mean} at {nimg / 1000:g} kimg; lower learning_rate, raise "
                    "gradient_penalty where there is one, or set training.precision to float32"
                )
        self.rows.append({"kimg": nimg / 1000, "seconds": round(self.seconds, 3)} | means)
        self._sums, self._n = {}, 0
        return True

    def shown(self) -> dict[str, str]:
        """The last row, for the progress bar."""
        row = self.rows[-1]
        losses = {name: f"{value:.3g}" for name, value in row.items() if name not in ("kimg", "seconds")}
        return losses | {"img/s": f"{1000 * row['kimg'] / max(self.seconds, 1e-9):.0f}"}

    def moment(self, G: Network, ema: AveragedModel | None, nimg: int) -> None:
        """Draw the fixed vectors with the generator as it would be used now."""
        generator = working_generator(G, ema, self.seed)
        z = fixed_latents(generator.arguments["latent_size"])
        self.frames.append(images_of(generator, z, len(z)).numpy())
        self.frames_kimg.append(nimg / 1000)

    def write_history(self, file: Path) -> None:
        """Losses by kimg and seconds as CSV, one row per interval (its means); no row for an untrained model."""
        with file.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.DictWriter(opened, list(self.rows[0]) if self.rows else ["kimg", "seconds"])
            writer.writeheader()
            writer.writerows(self.rows)
