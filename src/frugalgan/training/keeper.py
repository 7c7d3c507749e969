"""When a training is saved, and how it ends when it is interrupted."""

import sys
from types import TracebackType

from filelock import FileLock, Timeout

from frugalgan.training.interruption import Interruption
from frugalgan.training.snapshot import Snapshots
from frugalgan.training.state import State
from frugalgan.training.watch import Watch


class Keeper:
    """Saves each time another `every_kimg` were seen, at the end, and when interrupted; of processes, the first.

    A context manager: while it lasts no other training may use the same snapshot. One that finds it in use trains
    without. The first Ctrl-C or SIGTERM ends the training after the step, saved; a second one at once.
    """

    def __init__(self, name: str, snapshots: Snapshots, every_kimg: float, rank: int) -> None:
        self.name, self.snapshots, self.every, self.rank = name, snapshots, 1000 * every_kimg, rank
        self._lock = FileLock(snapshots.folder.with_suffix(".lock"))
        self._interruption = Interruption()
        self._kept = 0.0  # multiples of `every` seen when it was last saved
        self._keeps = False

    def __enter__(self) -> "Keeper":
        if not self.rank:
            self.snapshots.folder.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=0)
                self._keeps = True
            except Timeout:
                self._tell("the same training is running already: this one is not saved on its way")
        self._interruption.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._interruption.__exit__()
        self._lock.release()

    def resume(self, state: State, watch: Watch) -> None:
        """Go on from the last snapshot, if there is one. Raises SnapshotError."""
        for change in self.snapshots.interrupted_others():
            self._tell(f"an interrupted training is kept that differs in\n{change}")
        if self.snapshots.restore(state, watch):
            self._kept = state.nimg // self.every
            self._tell(f"goes on from {state.nimg / 1000:g} kimg")

    def after_step(self, state: State, watch: Watch) -> None:
        """Save if it is time to. Raises SystemExit with 128 + the signal if one came. Raises NonFiniteLoss."""
        finished, marks, signal = watch.done == watch.steps, state.nimg // self.every, self._interruption.signal
        if self._keeps and (finished or signal or marks > self._kept):
            self.snapshots.save(state, watch, finished=finished)
            self._kept = marks
        if signal and not finished:
            saved = "; saved: the same command goes on from there" if self._keeps else ""
            self._tell(f"interrupted at {state.nimg / 1000:g} kimg{saved}")
            raise SystemExit(128 + signal)

    def tell_what_is_kept(self) -> None:
        """Say how large the last state is, and how to be rid of it."""
        if self._keeps and (size := self.snapshots.bytes()):
            self._tell(
                f"its last state ({size / 2**20:.1f} MiB) is kept, to train longer; `frugalgan clean` removes it"
            )

    def _tell(self, text: str) -> None:
        if not self.rank:
            print(f"{self.name}: {text}", file=sys.stderr)
