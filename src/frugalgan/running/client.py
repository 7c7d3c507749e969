"""What `python` is for `dvc` below `frugalgan repro`: it hands a stage to the process that has imported everything.

It runs without the project's packages (`python -I -S`). Anything but a stage is left to the Python that stands in
FRUGALGAN_PYTHON, and so is a stage where nobody listens at FRUGALGAN_SERVER.
"""

import json
import os
import signal
import socket
import sys


def main(arguments: list[str]) -> int:
    """Exit code of the command `python` with these arguments."""
    python, server = os.environ["FRUGALGAN_PYTHON"], os.environ["FRUGALGAN_SERVER"]
    connection = socket.socket(socket.AF_UNIX)
    try:
        if not (arguments and os.path.basename(os.path.dirname(arguments[0])) == "stages"):
            raise ConnectionError
        connection.connect(server)
    except OSError:
        os.execv(python, [python, *arguments])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the stage gets it, too, and decides when it ends
    request = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
    socket.send_fds(connection, [b"."], [0, 1, 2])
    connection.sendall(json.dumps(request).encode())
    connection.shutdown(socket.SHUT_WR)
    return int(connection.recv(16) or b"1")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
