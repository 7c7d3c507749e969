"""When a training is saved, where it goes on from, and how it ends when it is interrupted."""

import signal
import sys
from types import TracebackType

import torch
from filelock import FileLock, Timeout

from frugalgan.command import Resume
from frugalgan.training.interruption import Interruption
from frugalgan.training.processes import Processes
from frugalgan.training.record import Recorder
from frugalgan.training.snapshot import Found, SnapshotError, Snapshots
from frugalgan.training.state import State


class Keeper:
    """Saves each time another `every_kimg` were seen, at the end, and when interrupted; of processes, the first.

    A context manager: while it lasts no other training may use the same snapshot. One that finds it in use trains
    without. The first Ctrl-C or SIGTERM ends the training after the step, saved; a second one at once. What is
    decided here, all `processes` decide together.
    """

    def __init__(self, name: str, snapshots: Snapshots, every_kimg: float, processes: Processes) -> None:
        self.name, self.snapshots, self.every, self.processes = name, snapshots, 1000 * every_kimg, processes
        self._lock = FileLock(snapshots.folder.with_suffix(".lock"))
        self._interruption = Interruption()
        self._kept = 0.0  # multiples of `every` seen when it was last saved
        self._keeps = False  # whether it is this process that saves

    def __enter__(self) -> "Keeper":
        if not self.processes.rank:
            self.snapshots.folder.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=0)
                self._keeps = True
            except Timeout:
                self._tell("the same training is running already: this one starts anew and is not saved on its way")
        self._interruption.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._interruption.__exit__()
        self._lock.release()

    def resume(self, state: State, recorder: Recorder, resume: Resume) -> str:
        """Go on from the last snapshot, if there is one; returns in words where it begins.

        Raises SnapshotError for one of another configuration, or where processes would go on from different places.
        """
        found = Found()
        if self._any(self._keeps) and resume != Resume.NOT:
            if resume == Resume.ANY:
                found = self.snapshots.restore_elsewhere(state, recorder)
            if found.kept is None:
                found = self.snapshots.restore(state, recorder)
            self._kept = state.nimg // self.every
        for folder in found.damaged:
            self._tell(f"{folder}: this snapshot is damaged, and of no use")
        self._tell_of_others(state, recorder, resume)
        self._check_together(recorder.done, found)
        if found.kept is None:
            return "starts anew"
        elsewhere = ", from there on not the same to the byte" if found.elsewhere else ""
        return f"goes on from {state.nimg / 1000:g} kimg{elsewhere}"

    def _tell_of_others(self, state: State, recorder: Recorder, resume: Resume) -> None:
        if recorder.elsewhere and resume == Resume.ANY:
            self._tell(f"goes on although these differ:\n{recorder.elsewhere[-1]['differs']}")
            return
        if self.snapshots.longer and not state.nimg:
            self._tell(f"a longer training is kept at {self.snapshots.longer / 1000:g} kimg, and stays as it is")
        for change, may_go_on in self.snapshots.of_use() if not state.nimg else ():
            cure = "; FRUGALGAN_RESUME=any goes on from it, and its record says so" if may_go_on else ""
            self._tell(f"an unfinished or shorter training is kept that differs in\n{change}{cure}")

    def _check_together(self, done: int, found: Found) -> None:
        """Raise SnapshotError where processes would go on from different places: `done` steps, in snapshot `found`."""
        if self.processes.count == 1:
            return
        fingerprint = 0.0 if found.kept is None else found.kept.fingerprint
        place = torch.tensor([done, fingerprint], dtype=torch.float64, device=self.processes.device)
        if not torch.equal(self.processes.mean(place.clone()), place):
            raise SnapshotError(
                f"{self.snapshots.folder}: not all processes would go on from the same snapshot: let all machines "
                "share this folder, with equal code, versions and threads, or start anew on all (FRUGALGAN_FRESH=1)"
            )

    def after_step(self, state: State, recorder: Recorder) -> None:
        """Save if it is time to. Raises SystemExit with 128 + the signal if one came. Raises NonFiniteLoss."""
        finished, marks = recorder.done == recorder.steps, state.nimg // self.every
        stop = self._any(self._interruption.signal is not None)
        if finished or stop or marks > self._kept:
            recorder.look()
            if self._keeps:
                self.snapshots.save(state, recorder, finished=finished)
            self._kept = marks
        if stop and not finished:
            saved = "; saved: the same command goes on from there" if self._keeps else ""
            self._tell(f"interrupted at {state.nimg / 1000:g} kimg{saved}")
            raise SystemExit(128 + (self._interruption.signal or signal.SIGTERM))

    def end_if_interrupted(self) -> None:
        """Raise SystemExit with 128 + the signal if one came in the last step or while the model was written."""
        if self._any(self._interruption.signal is not None):
            self._tell("interrupted when it was done: all of it is kept")
            raise SystemExit(128 + (self._interruption.signal or signal.SIGTERM))

    def tell_what_is_kept(self) -> None:
        """Say how large the last state is, and how to be rid of it."""
        if self._keeps and (size := self.snapshots.bytes()):
            mib = size / 2**20
            self._tell(f"its last state ({mib:.1f} MiB) is kept, to train longer; `frugalgan clean` removes it")

    def _any(self, flag: bool) -> bool:
        """Whether it is so in any process."""
        return self.processes.mean(torch.tensor(float(flag), device=self.processes.device)).item() > 0

    def _tell(self, text: str) -> None:
        if not self.processes.rank:
            print(f"{self.name}: {text}", file=sys.stderr)
