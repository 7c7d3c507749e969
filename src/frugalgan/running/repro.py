"""`dvc repro` whose stages are forked by `server`: one after the other, or several side by side."""

import importlib
import os
import socket
import subprocess
import sys
from collections.abc import Sequence

import torch

from frugalgan.config.study import load
from frugalgan.data.cores import THREADS, processors
from frugalgan.running.schedule import DVC, Schedule, schedule
from frugalgan.running.server import SERVER, serve, serving
from frugalgan.running.shown import Shown
from frugalgan.running.so_far import SoFar

MOST_JOBS = 4  # each needs a gigabyte or so
REPORT = "report"  # the last stage
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


def repro(arguments: Sequence[str], jobs: int = 1, changed: frozenset[str] = frozenset()) -> int:
    """`dvc repro` with these arguments; its exit code. Where processes cannot be forked safely, it is no faster.

    With several `jobs` and no arguments, so many stages run side by side, each with its share of the cores, of those
    that `changed`, and what follows from them.
    """
    if sys.platform != "linux":
        return subprocess.run(["dvc", "repro", *arguments], check=False).returncode
    for name in IMPORTED:
        importlib.import_module(name)
    with serving() as (listener, environment):
        if jobs > 1 and not arguments:
            plan = schedule(list(load().rows), changed, environment | {SERVER: ""})  # nobody serves yet
            if code := _side_by_side(plan, listener, environment, jobs):
                return code
        codes: list[int] = []
        dvc = subprocess.Popen([*DVC, "repro", *arguments], env=environment)
        serve(listener, {os.pidfd_open(dvc.pid): dvc}, lambda _, code: codes.append(code))
        return codes[0]


def jobs_here(device: str) -> int:
    """How many stages run side by side on a machine, by section `training`: several trainings would share a GPU."""
    if device == "cpu" or (device == "auto" and not _has_gpu()):
        return min(processors(), MOST_JOBS)
    return 1


def _has_gpu() -> bool:
    """Asked in a process of its own: a process that has asked cannot fork stages that use a GPU."""
    if not hasattr(os, "fork"):
        return torch.cuda.is_available()
    if not (asking := os.fork()):
        os._exit(int(torch.cuda.is_available()))
    return os.waitstatus_to_exitcode(os.waitpid(asking, 0)[1]) == 1


def _side_by_side(plan: Schedule, listener: socket.socket, environment: dict[str, str], jobs: int) -> int:
    """Run all stages that have to, so many at a time; the exit code of the first that fails, after which none begins.

    Each, or those of a model together, is a `dvc repro --single-item`; these wait for each other where DVC writes.
    """
    running, code = dict[int, subprocess.Popen[bytes]](), 0
    environment = {THREADS: str(max(1, processors() // jobs))} | environment
    shown, so_far = Shown(len(plan.stale)), SoFar(plan)

    def begin() -> None:
        for stage in plan.ready()[: 0 if code else jobs - len(running)]:
            chain = plan.chain(stage)
            plan.begun.update(chain)
            if stage == REPORT:
                so_far.wait()
            dvc = subprocess.Popen(
                [*DVC, "--wait-for-lock", "repro", "--single-item", *chain],
                env=environment,
                stdout=shown.begin(chain),
                stderr=subprocess.STDOUT,
            )
            running[os.pidfd_open(dvc.pid)] = dvc
            chains[dvc.pid] = chain

    def ended(dvc: subprocess.Popen[bytes], result: int) -> None:
        nonlocal code
        code = code or result
        plan.ended.update(chain := chains[dvc.pid])
        shown.end(chain, result)
        if not code and chain[-1].startswith("evaluate"):  # of what failed, older numbers lie there
            so_far.renew(environment)
        begin()

    chains: dict[int, list[str]] = {}
    begin()
    with shown, so_far:
        serve(listener, running, ended, shown.renew)
    return code
