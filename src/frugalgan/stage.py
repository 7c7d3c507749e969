"""How a stage script runs: its arguments, its signals, its errors."""

import functools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import typer


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
        except (ValueError, OSError, RuntimeError) as error:
            if os.environ.get("FRUGALGAN_TRACEBACK"):
                raise
            sys.exit(f"{Path(sys.argv[0]).stem}: {error}")

    typer.run(command)
