"""The report of the models that are ready, now and then while others still train: a first result in minutes."""

import subprocess
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tqdm import tqdm

from frugalgan.config.places import RESULTS
from frugalgan.running.schedule import Schedule

EVERY = 240  # seconds between two; each takes some 10 of one core


class SoFar:
    """Writes results/ again in a process of its own; a failure of that is not one of the run."""

    def __init__(self, plan: Schedule) -> None:
        self.plan, self.last = plan, time.monotonic()
        self.writer: subprocess.Popen[bytes] | None = None

    def renew(self, environment: Mapping[str, str]) -> None:
        """Begin another one, where the last is old enough and has ended, and models are missing in it."""
        ready, models = self.plan.measured(), self.plan.models
        busy = self.writer is not None and self.writer.poll() is None
        if busy or len(ready) == len(models) or time.monotonic() - self.last < EVERY:
            return
        self.last = time.monotonic()
        command = [sys.executable, "-m", "frugalgan.report.so_far", *ready]
        quiet = subprocess.DEVNULL
        self.writer = subprocess.Popen(command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet)
        tqdm.write(f"{RESULTS}/comparison.md, report.html: soon with {len(ready)} of {len(models)} models\n")

    def wait(self) -> None:
        """Until nobody writes there."""
        if self.writer is not None:
            self.writer.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wait()
