"""A process that has imported what stages need, and forks one for each stage: `import torch` takes a second or two.

A stage's command in dvc.yaml is `python stages/NAME.py …`. Below `frugalgan repro` a folder stands in front of PATH
whose `python` (client.py) sends arguments, folder, environment and open files to this process. What a stage does and
leaves is the same: it is a process of its own, with its own signals and exit code.
"""

import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import threadpoolctl
import torch

from frugalgan.data.cores import THREADS
from frugalgan.data.sources.drawn import SHARED

SERVER = "FRUGALGAN_SERVER"  # of the environment: where client.py asks
LONGEST = 80  # bytes of the folder of temporary files: a socket's path, 107 at most, is below one in it
CLIENT = Path(__file__).with_name("client.py")


@contextmanager
def serving() -> Iterator[tuple[socket.socket, dict[str, str]]]:
    """Where stages are asked for, and the environment in which `python` asks there."""
    place = "/tmp" if len(os.fsencode(tempfile.gettempdir())) > LONGEST else None
    with (
        tempfile.TemporaryDirectory(prefix="frugalgan-", dir=place) as folder,
        socket.socket(socket.AF_UNIX) as listener,
    ):
        server, python, drawn = Path(folder, "server"), Path(folder, "bin", "python"), Path(folder, "drawn")
        drawn.mkdir()
        python.parent.mkdir()
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{CLIENT}" "$@"\n')
        python.chmod(0o755)
        listener.bind(str(server))
        listener.listen()
        yield (
            listener,
            os.environ
            | {
                "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
                "FRUGALGAN_PYTHON": sys.executable,
                SERVER: str(server),
                SHARED: str(drawn),
            },
        )


def serve(
    listener: socket.socket,
    running: dict[int, subprocess.Popen[bytes]],
    ended: Callable[[subprocess.Popen[bytes], int], None],
    every_second: Callable[[], None] = lambda: None,
) -> None:
    """Start the stages that these `dvc` ask for, until all have ended; keys are descriptors of their processes.

    `ended` is told which ended with what code, and may add others. Ctrl-C is for `dvc` and its stage; SIGTERM is told
    to both, for `dvc` ends without telling its stage.
    """
    attending = set[int]()

    def end(*_: object) -> None:
        for dvc in running.values():
            dvc.terminate()
        for attendant in attending:
            _tell(attendant)

    signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN, which a `dvc` that begins later would inherit
    signal.signal(signal.SIGTERM, end)
    while running:
        ready, _, _ = select.select([listener, *running], [], [], 1)
        for descriptor in running.keys() & set(ready):
            dvc = running.pop(descriptor)
            os.close(descriptor)
            ended(dvc, dvc.wait())
        if listener in ready:
            connection, _ = listener.accept()
            if not (attendant := os.fork()):
                _attend(connection)
            connection.close()
            attending.add(attendant)
        attending = {pid for pid in attending if os.waitpid(pid, os.WNOHANG) == (0, 0)}
        every_second()


def _tell(process: int) -> None:
    """SIGTERM, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)


def _attend(connection: socket.socket) -> NoReturn:
    """Start one stage and send its exit code; be a process of its own, which ends whatever happens: what this process's
    parent has to do at its end is not this one's."""
    code = 1
    try:
        _wait_for_stage(connection)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _wait_for_stage(connection: socket.socket) -> None:
    """Start one stage and send its exit code. Where nobody waits for it any more, end it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _, files, _, _ = socket.recv_fds(connection, 1, 3)
    request = json.loads(b"".join(iter(lambda: connection.recv(65_536), b"")))
    if not (stage := os.fork()):
        connection.close()
        _run(request, files)
    signal.signal(signal.SIGTERM, lambda *_: _tell(stage))
    waiting = select.poll()
    waiting.register(connection, 0)  # tells when the other side is gone
    waiting.register(os.pidfd_open(stage), select.POLLIN)
    if any(file == connection.fileno() for file, _ in waiting.poll()):
        _tell(stage)
    code = os.waitstatus_to_exitcode(os.waitpid(stage, 0)[1])
    with suppress(OSError):  # nobody waits
        connection.sendall(str(code if code >= 0 else 128 - code).encode())


def _run(request: dict[str, Any], files: Sequence[int]) -> NoReturn:
    """Be the stage that was asked for. Does not return."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code: Any = 1
    try:
        for place, file in enumerate(files):
            os.dup2(file, place)
            os.close(file)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        _take_threads(os.environ.get(THREADS, ""))
        sys.argv = request["arguments"]
        sys.path[0] = str(Path(sys.argv[0]).parent.resolve())
        runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _take_threads(said: str) -> None:
    """As many threads as the environment says: libraries read that when they are imported, which was before."""
    if said.isdecimal() and int(said):
        torch.set_num_threads(int(said))
        threadpoolctl.threadpool_limits(int(said))
