"""How many processor cores there are."""

import os

THREADS = "OMP_NUM_THREADS"  # the variable that says how many threads a process may have


def processors() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cores() -> int:
    """The same, but no more than OMP_NUM_THREADS says."""
    said = os.environ.get(THREADS, "")
    return min(processors(), int(said)) if said.isdecimal() and int(said) else processors()
