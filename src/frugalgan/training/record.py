"""What one sees of a training run: losses, images at moments, seconds, memory."""

import csv
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from frugalgan.device import synchronize
from frugalgan.networks import Network
from frugalgan.networks.sampling import FIXED_SEED, images_of, latents
from frugalgan.training.ema import working_generator
from frugalgan.training.energy import joules_since, read_counters
from frugalgan.training.memory import LiveBytes
from frugalgan.training.processes import Processes
from frugalgan.training.state import State
from frugalgan.training.watch import Watch, nobody

MOMENTS = 10  # at which images are drawn, at most, beside the start and the end
HISTORY_ROWS = 200  # at most, in history.csv
CHECK = 16  # steps after which losses are looked at


class NonFiniteLoss(RuntimeError):
    """A loss is NaN or infinite: training cannot go on."""


def spacing(steps: int, most: int) -> int:
    """The smallest power of two of which at most `most` multiples fit into `steps`.

    A longer training's marks are then among a shorter one's, so that this one can go on as if it had been longer.
    """
    return 1 << (steps // (most + 1)).bit_length()


class Recorder:
    """Collects; decides nothing. `seconds` counts the training steps alone, not what is drawn between them."""

    def __init__(
        self,
        name: str,
        steps: int,
        *,
        processes: Processes,
        seed: int,
        moment_samples: int,
        heldout: Callable[[Network], dict[str, float]] = lambda G: {},
        watch: Watch = nobody,
    ) -> None:
        """`moment_samples`: images at each moment; of `processes`, only that of rank 0 draws them.

        `heldout`: losses on held-out images with the generator as it would be used now, to be noted at each moment.
        `watch` is told the last losses whenever they are looked at, and shown the images of each moment.
        """
        self.name, self.steps, self.processes, self.seed = name, steps, processes, seed
        self.moment_samples = moment_samples
        self.done = 0  # steps
        self.moments: dict[int, tuple[float, float]] = {}  # step → (kimg, seconds)
        self.samples: dict[int, np.ndarray] = {}  # step → (moment_samples, 3, S, S) uint8, of the same z
        self.losses_heldout: dict[int, dict[str, float]] = {}  # at each moment, where the method has any
        self.drawing_seconds = self.loading_seconds = 0.0
        self.peak_bytes = 0
        self.peak_parts: dict[str, int] = {}  # what it consisted of, where that is known
        self.elsewhere: list[dict[str, Any]] = []  # where it went on in another configuration: from_kimg, differs
        self._heldout, self._watch = heldout, watch
        self._terms: list[str] = []
        self._losses: list[list[float]] = []  # of each step, in the order of _terms
        self._pending: list[Tensor] = []  # the same, not yet looked at
        self._seconds: list[float] = []  # when each step was done
        self._kimg = 0.0
        self._counters = read_counters()
        self._joules_before: float | None = 0.0  # None: a part of the training was not told

    @property
    def seconds(self) -> float:
        """Of all steps."""
        return self._seconds[-1] if self._seconds else 0.0

    def joules(self) -> float | None:
        """Energy of the processor so far, drawing included; None where the platform does not tell."""
        since = joules_since(self._counters)
        return None if since is None or self._joules_before is None else self._joules_before + since

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count the block as a step, GPU work included."""
        begun = time.perf_counter()
        yield
        synchronize(self.processes.device)
        self._seconds.append(self.seconds + time.perf_counter() - begun)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Add the block's seconds to those of waiting for images."""
        begun = time.perf_counter()
        yield
        self.loading_seconds += time.perf_counter() - begun

    def memory(self, step: Callable[[], dict[str, Tensor]], state: State) -> dict[str, Tensor]:
        """Do one step; note its peak of memory if it is the highest so far: allocated on CUDA, else live tensors."""
        parts: dict[str, int] = {}
        device = self.processes.device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
            losses = step()
            peak = torch.cuda.max_memory_allocated(device)
        else:
            with LiveBytes(state.live(), state.trainable()) as live:
                losses = step()
            peak, parts = live.peak, live.at_peak
        if peak > self.peak_bytes:
            self.peak_bytes, self.peak_parts = peak, parts
        return losses

    def record(self, nimg: int, losses: dict[str, Tensor]) -> bool:
        """Take the losses of one more step; True if they have now been looked at. Raises NonFiniteLoss."""
        self._terms = list(losses)
        self._pending.append(torch.stack(list(losses.values())))
        self.done, self._kimg = self.done + 1, nimg / 1000
        if self.done % CHECK and self.done != self.steps:
            return False
        self.look()
        return True

    def look(self) -> None:
        """Look at the losses that are pending. Raises NonFiniteLoss."""
        if not self._pending:
            return
        rows = self.processes.mean(torch.stack(self._pending)).tolist()
        for step, row in enumerate(rows, self.done - len(rows) + 1):
            for term, value in zip(self._terms, row, strict=True):
                if not math.isfinite(value):
                    raise NonFiniteLoss(
                        f"{self.name}: {term} is {value} at {self._kimg * step / self.done:g} kimg; lower "
                        "learning_rate, raise gradient_penalty where there is one, or set training.precision to float32"
                    )
        self._losses += rows
        self._pending = []
        if not self.processes.rank:
            self._watch(self._kimg, dict(zip(self._terms, rows[-1], strict=True)), None)

    def shown(self) -> dict[str, str]:
        """The last losses, for the progress bar."""
        losses = {term: f"{value:.3g}" for term, value in zip(self._terms, self._losses[-1], strict=True)}
        return losses | {"img/s": f"{1000 * self._kimg / max(self.seconds, 1e-9):.0f}"}

    def is_moment(self) -> bool:
        """Whether images are to be drawn now."""
        return self.done % spacing(self.steps, MOMENTS) == 0 or self.done == self.steps

    def moment(self, G: Network, ema: AveragedModel | None) -> None:
        """Draw the fixed vectors and more, the same z each time, with the generator as it would be used now."""
        if self.processes.rank:
            return
        begun = time.perf_counter()
        generator = working_generator(G, ema, self.seed)
        z = latents(self.moment_samples, generator.latent_size, FIXED_SEED)
        self.samples[self.done] = images_of(generator, z).numpy()
        self._watch(self._kimg, {}, self.samples[self.done])
        if losses := self._heldout(generator):
            self.losses_heldout[self.done] = losses
        self.moments[self.done] = self._kimg, round(self.seconds, 3)
        self.drawing_seconds += time.perf_counter() - begun

    def final_moments(self) -> list[int]:
        """The steps whose images are shown: those that a training of this length draws, and no others' before it."""
        every = spacing(self.steps, MOMENTS)
        return sorted(step for step in self.moments if step % every == 0 or step == self.steps)

    def rows(self) -> list[dict[str, float]]:
        """Means of the losses over equal stretches of training, by kimg and seconds at their ends."""
        every, kimg_per_step = spacing(self.steps, HISTORY_ROWS), self._kimg / max(1, self.done)
        losses, rows = np.array(self._losses, np.float64), []
        for first in range(0, self.done, every):
            end = min(first + every, self.done)
            means = dict(zip(self._terms, losses[first:end].mean(0).tolist(), strict=True))
            rows.append({"kimg": end * kimg_per_step, "seconds": round(self._seconds[end - 1], 3)} | means)
        return rows

    def heldout_rows(self) -> list[dict[str, float]]:
        """Losses on held-out images at the moments that are shown; none of a method that has no such losses."""
        steps = [step for step in self.final_moments() if step in self.losses_heldout]
        return [
            {"kimg": self.moments[step][0], "seconds": self.moments[step][1]} | self.losses_heldout[step]
            for step in steps
        ]

    # --- what a snapshot keeps ----------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """All but the images, as plain values. Losses must have been looked at."""
        return {
            "done": self.done,
            "kimg": self._kimg,
            "terms": self._terms,
            "losses": torch.tensor(self._losses, dtype=torch.float64),
            "seconds": torch.tensor(self._seconds, dtype=torch.float64),
            "moments": self.moments,
            "losses_heldout": self.losses_heldout,
            "drawing_seconds": self.drawing_seconds,
            "loading_seconds": self.loading_seconds,
            "peak_bytes": self.peak_bytes,
            "peak_parts": self.peak_parts,
            "joules": self.joules(),
            "elsewhere": self.elsewhere,
        }

    def load_state_dict(self, kept: dict[str, Any], samples: dict[int, np.ndarray]) -> None:
        """Go on from what `state_dict` said, with the images of its moments."""
        self.done, self._kimg, self._terms = kept["done"], kept["kimg"], kept["terms"]
        self._losses, self._seconds = kept["losses"].tolist(), kept["seconds"].tolist()
        self.moments, self.samples = kept["moments"], samples
        self.losses_heldout = kept["losses_heldout"]
        self.drawing_seconds, self.loading_seconds = kept["drawing_seconds"], kept["loading_seconds"]
        self.peak_bytes, self.peak_parts = kept["peak_bytes"], kept["peak_parts"]
        self._joules_before, self.elsewhere = kept["joules"], kept.get("elsewhere", [])


def write_rows(rows: Sequence[dict[str, float]], file: Path) -> None:
    """Rows of losses as CSV; no row for an untrained model."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, list(rows[0]) if rows else ["kimg", "seconds"])
        writer.writeheader()
        writer.writerows(rows)
