"""What people see of stages that run side by side: what each said, once it has ended, and bars of those that run."""

import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Self

from tqdm import tqdm

TAIL = 4096  # bytes of what a stage has said, in which its last line is looked for
OF_DVC = re.compile(r"^(To track the changes|To enable auto|Use `dvc push`|\tgit add|\tdvc config|Updating lock|$)")
RUNNING = re.compile(r"^Running stage '(.+)'")


def title(stages: Sequence[str]) -> str:
    """train, sample, evaluate@teacher"""
    kinds = ", ".join(stage.partition("@")[0] for stage in stages[:-1])
    return f"{kinds}, {stages[-1]}" if kinds else stages[-1]


class Shown:
    """Stages that run and have ended, of so many: on a terminal a line each that renews itself, and a bar of all."""

    def __init__(self, stages: int) -> None:
        self.bar = tqdm(total=stages, unit="stage", disable=None if stages else True, smoothing=0)
        self.lines: dict[str, tqdm] = {}
        self.said: dict[str, IO[bytes]] = {}
        self.begun: dict[str, float] = {}

    def begin(self, stages: Sequence[str]) -> IO[bytes]:
        """The file for what these say, one after the other."""
        stage = title(stages)
        self.said[stage], self.begun[stage] = tempfile.TemporaryFile(), time.monotonic()  # noqa: SIM115  (closed in `end`)
        self.lines[stage] = tqdm(bar_format="  {desc}", disable=self.bar.disable, leave=False)
        return self.said[stage]

    def end(self, stages: Sequence[str], code: int) -> None:
        """Print what they said, without the hints of DVC; of bars the last state."""
        stage = title(stages)
        self.lines.pop(stage).close()
        with self.said.pop(stage) as file:
            text = os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace")
        lines = [line.rpartition("\r")[2] for line in text.split("\n")]
        seconds = time.monotonic() - self.begun.pop(stage)
        if code:
            stage = next((found[1] for line in reversed(lines) if (found := RUNNING.match(line))), stage)
        told = "\n".join(line for line in lines if code or not OF_DVC.match(line))
        self.bar.write(f"{told}\n{stage}: {f'failed with code {code}' if code else 'done'} after {seconds:.0f} s\n")
        sys.stdout.flush()
        self.bar.update(len(stages))

    def renew(self) -> None:
        """Show where the stages that run are."""
        for stage, line in self.lines.items() if not self.bar.disable else ():
            file = self.said[stage].fileno()
            said = os.pread(file, TAIL, max(0, os.fstat(file).st_size - TAIL)).decode(errors="replace")
            last = re.split(r"[\r\n]", said.rstrip())[-1]
            line.set_description_str(last if last.startswith(stage) else f"{stage}: {last}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.close()
