"""Sections `compare` and `export` of params.yaml: which models are compared, and by what test; which are exported."""

import fnmatch
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT, ParamsError, Text

NONE, NPM = "none", "npm"


@dataclass(frozen=True, config=STRICT)
class Compare:
    """Section `compare`: pairs `model / other`, patterns of names, and the level of the test."""

    pairs: list[Annotated[str, Field(pattern=r"^\S+ / \S+$")]]
    significance: Annotated[float, Field(gt=0, lt=1)]

    def models(self, known: Iterable[str]) -> list[tuple[str, str]]:
        """The pairs of models of `known` that `pairs` asks for. Raises ParamsError for names that match none."""
        found: list[tuple[str, str]] = []
        known = list(known)
        for pair in self.pairs:
            ours, theirs = (fnmatch.filter(known, pattern) for pattern in pair.split(" / "))
            if not (ours and theirs):
                missing = pair.split(" / ")[bool(ours)]
                raise ParamsError(f"compare.pairs: {pair!r}: no model {missing}; there are {', '.join(known)}")
            found += [(a, b) for a in ours for b in theirs if a != b]
        return list(dict.fromkeys(found))


@dataclass(frozen=True, config=STRICT)
class Export:
    """Section `export`: models that become ONNX files, and the runtime of their page."""

    models: list[Text]
    runtime: Text  # of the page: NONE, NPM, or a folder or archive
