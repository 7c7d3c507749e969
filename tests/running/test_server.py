"""Stages forked from one process: they run as `python` would run them."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from pipeline import BIN, PROJECT

from frugalgan.running import schedule as schedules
from frugalgan.running.schedule import schedule
from frugalgan.running.server import SERVER, _attend, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere stages are not forked"),
]

REPRO = (
    "import sys; from frugalgan.running import repro; repro.DVC, repro.IMPORTED = ['dvc'], (); "
    "sys.exit(repro.repro(sys.argv[1:]))"
)
STAGES = {
    "says": """
        import os, sys
        print(sys.argv[1:], os.getcwd(), os.environ["GIVEN"], "torch" in sys.modules, sys.path[0], __name__)
        print("to stderr", file=sys.stderr)
    """,
    "fails": """
        import sys
        sys.exit(f"fails: {sys.argv[1]} is not allowed")
    """,
    "breaks": "1 / 0",
    "waits": """
        import os, pathlib, signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        pathlib.Path("beginning").write_text(str(os.getpid()))
        pathlib.Path("beginning").rename("begun")
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            sys.exit(130)
    """,
}


def project(folder: Path, dvc: str) -> dict[str, str]:
    """Stages in `folder`, and a `dvc` that is this shell script; returns the environment."""
    (folder / "stages").mkdir()
    for name, text in STAGES.items():
        lines = [line[8:] if line.startswith(" ") else line for line in text.strip("\n").splitlines()]
        (folder / "stages" / f"{name}.py").write_text("\n".join(lines))
    (folder / "bin").mkdir()
    (folder / "bin/dvc").write_text(f"#!/bin/sh\n{dvc}\n")
    (folder / "bin/dvc").chmod(0o755)
    path = os.pathsep.join([str(folder / "bin"), str(BIN), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(PROJECT / "src"), "GIVEN": "with dvc"}


def begin(folder: Path, dvc: str) -> subprocess.Popen[str]:
    """`repro` with some arguments, in a process group of its own as below a terminal."""
    return subprocess.Popen(
        [sys.executable, "-c", REPRO, "--force", "train@a"],
        cwd=folder, env=project(folder, dvc), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def test_a_stage_has_its_arguments_files_environment_and_exit_code(tmp_path: Path) -> None:
    script = """
        echo "dvc $@"
        GIVEN=again python stages/says.py a 'b c'
        python stages/says.py > said.txt 2> /dev/null
        python stages/fails.py 3; echo "code $?"
        python stages/breaks.py; echo "code $?"
        python -c 'import sys; print("torch" in sys.modules)'
        python stages/waits.py & sleep 2; kill $!; wait $!; echo "killed $?"
        exit 7
    """
    ran = begin(tmp_path, script)
    output, errors = ran.communicate(timeout=120)
    place = f"{tmp_path} again True {tmp_path}/stages __main__"
    assert output.splitlines() == [
        "dvc repro --force train@a", f"['a', 'b c'] {place}", "code 1", "code 1", "False", "killed 143"
    ]  # fmt: skip
    assert (tmp_path / "said.txt").read_text() == f"[] {place.replace('again', 'with dvc')}\n"
    assert errors.splitlines()[:2] == ["to stderr", "fails: 3 is not allowed"]
    assert "ZeroDivisionError: division by zero" in errors.splitlines()
    assert ran.returncode == 7


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_stage_hears_of_an_interruption(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Ctrl-C reaches all processes of the terminal; a signal to `frugalgan` alone goes by way of `dvc`."""
    script = "trap '' INT; trap 'kill $stage' TERM; python stages/waits.py & stage=$!; wait $stage; wait $stage"
    ran = begin(tmp_path, f"{script}; exit $?")
    deadline = time.monotonic() + 60
    while not (tmp_path / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    (os.killpg if number == signal.SIGINT else os.kill)(ran.pid, number)
    ran.communicate(timeout=30)
    assert ran.returncode == code


def test_a_dvc_that_ends_at_once_leaves_no_stage_behind(tmp_path: Path) -> None:
    """As the real one does on SIGTERM."""
    ran = begin(tmp_path, "python stages/waits.py; exit $?")
    deadline = time.monotonic() + 60
    while not (tmp_path / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    stage = int((tmp_path / "begun").read_text())
    ran.terminate()
    ran.communicate(timeout=30)
    while Path(f"/proc/{stage}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_asking_for_a_gpu_leaves_stages_free_to_use_one() -> None:
    """CUDA cannot be used in a fork of a process that has looked at it."""
    script = (
        "import os, torch; from frugalgan.running.repro import jobs_here; jobs_here('auto');"
        "pid = os.fork();"
        "pid or os._exit(torch.cuda._is_in_bad_fork());"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), jobs_here('cuda'), jobs_here('cpu') >= 1)"
    )
    path = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    ran = subprocess.run([sys.executable, "-c", script], env=path, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["0", "1", "True"]


def test_a_request_that_breaks_off_ends_its_process_and_nothing_of_its_parents() -> None:
    ours, theirs = socket.socketpair()
    if not (attendant := os.fork()):
        theirs.close()
        try:
            _attend(ours)
        finally:
            os._exit(99)  # in place of what the parent has to do at its end
    ours.close()
    with theirs, open(os.devnull, "w") as nothing:
        socket.send_fds(theirs, [b"."], [nothing.fileno()] * 3)
        theirs.sendall(b'{"arguments": ["stages/fet')
        theirs.shutdown(socket.SHUT_WR)
        assert os.waitstatus_to_exitcode(os.waitpid(attendant, 0)[1]) == 1


def test_a_long_folder_of_temporary_files_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (long := tmp_path / ("x" * 100)).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with serving() as (_, environment), socket.socket(socket.AF_UNIX) as client:
        client.connect(environment[SERVER])


def test_the_stage_code_runs_this_python_while_nobody_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/hash_code.py").write_text("import sys; open('said', 'w').write(sys.executable)")
    (dvc := tmp_path / "dvc").write_text(
        '#!/bin/sh\ncase "$1" in repro) exec python stages/hash_code.py;; status) echo "{}";; esac\n'
    )
    dvc.chmod(0o755)
    monkeypatch.setattr(schedules, "DVC", (str(dvc),))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with serving() as (_, environment):
        assert not schedule([], frozenset({"code"}), environment | {SERVER: ""}).stale
    assert (tmp_path / "said").read_text() == sys.executable
