"""How a stage script runs: its arguments, its signals, its errors."""

import errno
import functools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from safetensors import SafetensorError

CURES = {
    errno.ENOSPC: "the disk is full: make room and run it again",
    errno.EDQUOT: "the quota is used up: make room and run it again",
    errno.EFBIG: "a file could not be written whole: make room, or raise the limit (ulimit -f), and run it again",
    errno.EROFS: "the folder is read-only: make it writable and run it again",
    errno.EACCES: "you may not write here: change the folder's permissions and run it again",
}

Fresh = Annotated[
    bool, typer.Option("--fresh", envvar="FRUGALGAN_FRESH", help="start anew, whatever snapshot there is")
]


def run_stage(main: Callable[..., None]) -> None:
    """Run `main` as a typer command.

    An error in input, params or files becomes one line on stderr and exit code 1 (with FRUGALGAN_TRACEBACK=1, a
    traceback). SIGTERM and Ctrl-C exit with 143 and 130, so that temporary files go and DVC records nothing as done.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

    @functools.wraps(main)
    def command(*args: object, **kwargs: object) -> None:
        try:
            main(*args, **kwargs)
        except KeyboardInterrupt:
            sys.exit(128 + signal.SIGINT)
        except (ValueError, OSError, RuntimeError, MemoryError, SafetensorError) as error:
            if os.environ.get("FRUGALGAN_TRACEBACK"):
                raise
            sys.exit(f"{Path(sys.argv[0]).stem}: {error}{_cure(error)}")

    typer.run(command)


def _cure(error: Exception) -> str:
    """What helps where the message, which is another library's, does not say it."""
    text = str(error)
    number = getattr(error, "errno", None)
    if number is None:  # safetensors and NumPy say it in words alone
        number = errno.ENOSPC if "os error 28" in text else errno.EFBIG if "requested and" in text else None
    if number in CURES:
        return f"; {CURES[number]}; what was there before is untouched"
    if isinstance(error, MemoryError) or "allocate memory" in text or "out of memory" in text:
        return (
            "; not enough memory: raise training.critic_parts or accumulate, set recompute, or lower the budget's "
            "batch_size (`frugalgan plan --memory 6GiB` says what fits)"
        )
    return ""
