"""Sections `compare` and `export` of params.yaml: which models are compared, and by what test; which are exported."""

import fnmatch
import itertools
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT, ParamsError, Row, Text

NONE, NPM = "none", "npm"


@dataclass(frozen=True, config=STRICT)
class Compare:
    """Section `compare`: pairs `model / other`, patterns of names, and the level of the test."""

    pairs: list[Annotated[str, Field(pattern=r"^\S+ / \S+$")]]
    significance: Annotated[float, Field(gt=0, lt=1)]

    def models(self, rows: Mapping[str, Row]) -> list[tuple[str, str]]:
        """The pairs of models of `rows` that `pairs` asks for, each once, whichever of the two stands first. Raises
        ParamsError for names that match none, and for models of two data sets."""
        found: dict[frozenset[str], tuple[str, str]] = {}
        for pair in self.pairs:
            ours, theirs = (fnmatch.filter(rows, pattern) for pattern in pair.split(" / "))
            if not (ours and theirs):
                missing = pair.split(" / ")[bool(ours)]
                raise ParamsError(f"compare.pairs: {pair!r}: no model {missing}; there are {', '.join(rows)}")
            for a, b in itertools.product(ours, theirs):
                if rows[a].data != rows[b].data:
                    raise ParamsError(
                        f"compare.pairs: {pair!r}: {a} learns {rows[a].data}, and {b} {rows[b].data}; choose models "
                        "of one data set"
                    )
                if a != b:
                    found.setdefault(frozenset((a, b)), (a, b))
        return list(found.values())


@dataclass(frozen=True, config=STRICT)
class Export:
    """Section `export`: models that become ONNX files, and the runtime of their page."""

    models: list[Text]
    runtime: Text  # of the page: NONE, NPM, or a folder or archive
