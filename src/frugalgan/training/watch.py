"""What one sees of a training run: losses, images at ten moments, seconds, memory."""

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
from frugalgan.sampling import FIXED_SEED, images_of, latents
from frugalgan.training.cost import LiveBytes
from frugalgan.training.descent import alone
from frugalgan.training.ema import BATCH, working_generator
from frugalgan.training.state import State

MOMENTS = 10  # at which images are drawn, beside the start
HISTORY_ROWS = 200  # at most, in history.csv


class NonFiniteLoss(RuntimeError):
    """A loss is NaN or infinite: training cannot go on."""


class Watch:
    """Collects; decides nothing. `seconds` counts the training steps alone, not what is drawn between them."""

    def __init__(
        self,
        name: str,
        steps: int,
        device: torch.device,
        seed: int,
        moment_samples: int,
        mean_of_processes: Callable[[Tensor], Tensor] = alone,
        rank: int = 0,
    ) -> None:
        """`moment_samples`: images at each moment; of several processes, only that of `rank` 0 draws them."""
        self.name, self.steps, self.device, self.seed = name, steps, device, seed
        self.moment_samples, self.mean_of_processes, self.rank = moment_samples, mean_of_processes, rank
        self.interval = max(1, math.ceil(steps / HISTORY_ROWS))
        self.moments = {round(steps * i / MOMENTS) for i in range(1, MOMENTS + 1)} - {0}
        self.rows: list[dict[str, float]] = []
        self.samples: list[np.ndarray] = []  # each (moment_samples, 3, S, S) uint8, of the same z
        self.moments_kimg: list[float] = []
        self.moments_seconds: list[float] = []
        self.seconds = self.drawing_seconds = self.loading_seconds = 0.0
        self.peak_bytes = 0
        self.peak_parts: dict[str, int] = {}  # what it consisted of, where that is known
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

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Add the block's seconds to those of waiting for images."""
        begun = time.perf_counter()
        yield
        self.loading_seconds += time.perf_counter() - begun

    def memory(self, step: Callable[[], dict[str, Tensor]], state: State) -> dict[str, Tensor]:
        """Do one step, noting its peak of memory in bytes: allocated on CUDA, live tensors on the CPU."""
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            losses = step()
            self.peak_bytes = torch.cuda.max_memory_allocated(self.device)
        else:
            with LiveBytes(state.live(), state.trained()) as live:
                losses = step()
            self.peak_bytes, self.peak_parts = live.peak, live.at_peak
        return losses

    def record(self, done: int, nimg: int, losses: dict[str, Tensor]) -> bool:
        """Take the losses of step number `done`; True if a row of means was completed. Raises NonFiniteLoss."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, torch.zeros_like(value)) + value
        self._n += 1
        if done % self.interval and done != self.steps:
            return False
        means = {name: self.mean_of_processes(total / self._n).item() for name, total in self._sums.items()}
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
        """Draw the fixed vectors and more, the same z each time, with the generator as it would be used now."""
        if self.rank:
            return
        begun = time.perf_counter()
        generator = working_generator(G, ema, self.seed)
        z = latents(self.moment_samples, generator.arguments["latent_size"], FIXED_SEED)
        self.samples.append(images_of(generator, z, BATCH).numpy())
        self.moments_kimg.append(nimg / 1000)
        self.moments_seconds.append(round(self.seconds, 3))
        self.drawing_seconds += time.perf_counter() - begun

    def write_history(self, file: Path) -> None:
        """Losses by kimg and seconds as CSV, one row per interval (its means); no row for an untrained model."""
        with file.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.DictWriter(opened, list(self.rows[0]) if self.rows else ["kimg", "seconds"])
            writer.writeheader()
            writer.writerows(self.rows)
