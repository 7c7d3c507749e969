"""How a command or a stage script runs: whose code, its arguments, its signals, its errors."""

import errno
import functools
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from safetensors import SafetensorError

CURES = {
    errno.ENOSPC: "the disk is full: make room and run it again",
    errno.EDQUOT: "the quota is used up: make room and run it again",
    errno.EFBIG: "a file could not be written whole: make room, or raise the limit (ulimit -f), and run it again",
    errno.EROFS: "the folder is read-only: make it writable and run it again",
    errno.EACCES: "you may not read or write it: change its permissions, or those of its folder, and run it again",
}

LESS_MEMORY = (
    "raise training.critic_parts or accumulate, set recompute, or lower the budget's batch_size "
    "(`frugalgan plan --memory 6GiB` says what fits)"
)

ERRORS = (ValueError, OSError, RuntimeError, MemoryError, SafetensorError)  # of input, params, files and machines

Fresh = Annotated[
    bool, typer.Option("--fresh", envvar="FRUGALGAN_FRESH", help="start anew, whatever snapshot there is")
]


class Resume(StrEnum):
    """From which snapshot a training may go on."""

    EXACT = "exact"  # one after which nothing differs: the model is the same to the byte
    ANY = "any"  # also one of another device, other versions, code or section `training`
    NOT = "not"  # none


ResumeFrom = Annotated[
    Resume,
    typer.Option(
        "--resume",
        envvar="FRUGALGAN_RESUME",
        help="from which snapshot to go on: exact (the model is the same to the byte), any (also from one of another "
        "machine or library, and the record says so), or not",
    ),
]

Events = Annotated[
    Path | None,
    typer.Option(envvar="FRUGALGAN_EVENTS", help="a folder for TensorBoard's event files; default: none"),
]


def run_stage(main: Callable[..., None]) -> None:
    """Run `main` as a typer command.

    An error in input, params or files becomes one line on stderr and exit code 1 (with FRUGALGAN_TRACEBACK=1, a
    traceback). SIGTERM and Ctrl-C exit with 143 and 130, so that temporary files go and DVC records nothing as done.
    """
    run_own_code()
    print_anything()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

    @functools.wraps(main)
    def command(*args: object, **kwargs: object) -> None:
        try:
            main(*args, **kwargs)
        except KeyboardInterrupt:
            sys.exit(128 + signal.SIGINT)
        except ERRORS as error:
            if os.environ.get("FRUGALGAN_TRACEBACK"):
                raise
            sys.exit(f"{Path(sys.argv[0]).stem}: {error}{cure(error)}{way_back(error)}")

    typer.run(command)


def run_own_code() -> None:
    """Start this program again with the code of the folder that it runs in, where that was not imported.

    A copied environment, or DVC's copy of the project for an experiment, would else run the first folder's code.
    """
    ours, src = Path(__file__).resolve().parent, Path("src").resolve()
    if not (src / "frugalgan" / "command.py").is_file() or ours == src / "frugalgan":
        return
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if str(src) in others:  # it was told to, and something else comes first: no third try
        sys.exit(f"the code that runs is that of {ours}, not of {src}: run `make repro` here, which mends .venv/")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(src), *others])}
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)


def print_anything() -> None:
    """Print `?` for what a console cannot show, in place of an error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def way_back(error: Exception) -> str:
    """How to get the committed params.yaml back, where an error is about one that was changed (`dvc exp run -S` leaves
    a value there that was refused)."""
    if not str(error).startswith("params.yaml: "):
        return ""
    command = ["git", "diff", "--quiet", "HEAD", "--", "params.yaml"]
    try:
        changed = subprocess.run(command, capture_output=True, check=False).returncode == 1
    except OSError:  # no git
        return ""
    return "\n(`git diff params.yaml` shows what was changed, `git checkout params.yaml` goes back)" if changed else ""


def lacks_memory(error: Exception) -> bool:
    """Whether it is about memory, whichever library says so."""
    return isinstance(error, MemoryError) or any(said in str(error) for said in ("allocate memory", "out of memory"))


def cure(error: Exception, less_memory: str = LESS_MEMORY) -> str:
    """What helps where the message, which is another library's, does not say it; `less_memory`: where there is none."""
    text = str(error)
    number = getattr(error, "errno", None)
    if number is None:  # safetensors and NumPy say it in words alone
        number = errno.ENOSPC if "os error 28" in text else errno.EFBIG if "requested and" in text else None
    if number in CURES:
        return f"; {CURES[number]}; what was there before is untouched"
    if lacks_memory(error):
        return f"; not enough memory: {less_memory}"
    return ""
