"""Which stages have to run, and which of them may run side by side: read off DVC's own graph."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

DVC = (sys.executable, "-P", "-m", "frugalgan.running.quick_dvc")
CODE = "code"  # the stage that all others depend on; most edits of code change nothing for most of them
CHAINED = ("train", "sample", "evaluate")  # of a model, or of a student, with the same name behind the @
EDGE, NODE = re.compile(r'^"(.+)" -> "(.+)";$'), re.compile(r'^"([^"]+)";$')


@dataclass
class Schedule:
    """Stages that wait, that run and that have ended, of those that may have to run."""

    waits_for: Mapping[str, frozenset[str]]  # stage → stages that come right before it
    stale: frozenset[str]
    models: Sequence[str] = ()  # what the first of them needs comes first
    begun: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)

    def ready(self) -> list[str]:
        """Stages that may begin now: those first that the first models need, then those that most others wait for."""
        found = [stage for stage in self.stale - self.begun if not (self.waits_for[stage] & self.stale) - self.ended]
        return sorted(found, key=self._rank)

    def chain(self, stage: str) -> list[str]:
        """The stage, and those of the same model that wait for nothing else: one process of DVC runs them, one after
        the other, for DVC takes a second or two to start."""
        kind, _, name = stage.partition("@")
        found = [stage]
        while kind.startswith(CHAINED) and (following := self._after(found, name)):
            found.append(following)
        return found

    def _after(self, stages: Sequence[str], name: str) -> str | None:
        done = self.ended.union(stages)
        others = self.stale - self.begun - set(stages)
        fit = [one for one in others if one.endswith(f"@{name}") and one.startswith(CHAINED)]
        return next((one for one in sorted(fit) if self.waits_for[one] & self.stale <= done), None)

    def measured(self) -> list[str]:
        """Models whose evaluation is up to date."""
        return [name for name in self.models if f"evaluate@{name}" not in self._waiting()]

    def _waiting(self) -> set[str]:
        return {_plain(stage) for stage in self.stale - self.ended}

    def _rank(self, stage: str) -> tuple[int, int, str]:
        needed = behind(self.waits_for, {stage})
        ends = {_plain(one) for one in needed}
        first = next((place for place, name in enumerate(self.models) if f"evaluate@{name}" in ends), len(self.models))
        return first, -len(needed), stage


def behind(waits_for: Mapping[str, frozenset[str]], stages: set[str]) -> frozenset[str]:
    """These stages, and all that depend on them."""
    found, before = set(stages), set[str]()
    while found != before:
        before = set(found)
        found |= {stage for stage, needs in waits_for.items() if needs & found}
    return frozenset(found)


def changed() -> frozenset[str]:
    """The stages that `dvc status` names. Raises ValueError with what DVC says where it cannot tell."""
    return frozenset(json.loads(_said("status", "--json") or "{}"))


def schedule(models: Sequence[str], stages: frozenset[str], environment: Mapping[str, str]) -> Schedule:
    """What `dvc repro` would have to run now that these stages changed; where `code` did, it is brought up to date
    first, in that environment. Raises ValueError where DVC fails."""
    if CODE in stages:
        if subprocess.run([*DVC, "repro", CODE], env=environment, check=False).returncode:
            raise ValueError(f"dvc repro {CODE} failed, as it says above")
        stages = changed()
    waits_for = graph(_said("dag", "--dot"))
    return Schedule(waits_for, behind(waits_for, set(stages) & waits_for.keys()), models)


def graph(dot: str) -> dict[str, frozenset[str]]:
    """What `dvc dag --dot` says → stage → stages that come right before it."""
    found: dict[str, set[str]] = {}
    for line in map(str.strip, dot.splitlines()):
        if edge := EDGE.match(line):
            found.setdefault(edge[1], set())
            found.setdefault(edge[2], set()).add(edge[1])
        elif node := NODE.match(line):
            found.setdefault(node[1], set())
    return {stage: frozenset(needs) for stage, needs in found.items()}


def _plain(stage: str) -> str:
    """`evaluate_students@0.3` → `evaluate@student_0.3`."""
    return stage.replace("_students@", "@student_")


def _said(*arguments: str) -> str:
    """What DVC says to them. Raises ValueError."""
    done = subprocess.run([*DVC, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"dvc {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
