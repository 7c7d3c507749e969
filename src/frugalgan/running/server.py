"""A process that has imported what stages need, and forks one for each stage: `import torch` takes a second or two.

A stage's command in dvc.yaml is `python stages/NAME.py …`. Below `frugalgan repro` a folder stands in front of PATH
whose `python` (client.py) sends arguments, folder, environment and open files to this process. What a stage does and
leaves is the same: it is a process of its own, with its own signals and exit code.
"""

import importlib
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
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

CLIENT = Path(__file__).with_name("client.py")
# What stages import, some only where they need it. Nothing is computed before a fork: threads would be lost in it.
IMPORTED = (
    "efficientnet_lite_pytorch",
    "matplotlib.figure",
    "sklearn.svm",
    "torch._dynamo",  # by an optimiser
    "frugalgan.data.prepare",
    "frugalgan.evaluation.write",
    "frugalgan.networks.sampling",
    "frugalgan.report.report",
    "frugalgan.training.run",
)


def repro(arguments: Sequence[str]) -> int:
    """`dvc repro` with these arguments; its exit code. Where processes cannot be forked safely, it is no faster."""
    command = ["dvc", "repro", *arguments]
    if sys.platform != "linux":
        return subprocess.run(command, check=False).returncode
    for name in IMPORTED:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="frugalgan-") as folder, socket.socket(socket.AF_UNIX) as listener:
        server, python = Path(folder, "server"), Path(folder, "bin", "python")
        python.parent.mkdir()
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{CLIENT}" "$@"\n')
        python.chmod(0o755)
        listener.bind(str(server))
        listener.listen()
        environment = os.environ | {
            "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
            "FRUGALGAN_PYTHON": sys.executable,
            "FRUGALGAN_SERVER": str(server),
        }
        with subprocess.Popen(command, env=environment) as dvc:
            return _serve(listener, dvc)


def _serve(listener: socket.socket, dvc: subprocess.Popen[bytes]) -> int:
    """Start the stages that `dvc` asks for, until it ends. Ctrl-C is for `dvc` and its stage."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: dvc.terminate())
    ended, attending = os.pidfd_open(dvc.pid), set[int]()
    while True:
        ready, _, _ = select.select([listener, ended], [], [])
        if ended in ready:
            return dvc.wait()
        connection, _ = listener.accept()
        if not (attendant := os.fork()):
            _attend(connection)
        connection.close()
        attending = {pid for pid in attending | {attendant} if os.waitpid(pid, os.WNOHANG) == (0, 0)}


def _attend(connection: socket.socket) -> None:
    """Start one stage and send its exit code. Where nobody waits for it any more, end it. Does not return."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _, files, _, _ = socket.recv_fds(connection, 1, 3)
    request = json.loads(b"".join(iter(lambda: connection.recv(65_536), b"")))
    if not (stage := os.fork()):
        connection.close()
        _run(request, files)
    waiting = select.poll()
    waiting.register(connection, 0)  # tells when the other side is gone
    waiting.register(os.pidfd_open(stage), select.POLLIN)
    if any(file == connection.fileno() for file, _ in waiting.poll()):
        os.kill(stage, signal.SIGTERM)
    code = os.waitstatus_to_exitcode(os.waitpid(stage, 0)[1])
    with suppress(OSError):  # nobody waits
        connection.sendall(str(code if code >= 0 else 128 - code).encode())
    os._exit(0)


def _run(request: dict[str, Any], files: Sequence[int]) -> None:
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
    os._exit(code)  # what this process's parent has to do at its end is not this one's
