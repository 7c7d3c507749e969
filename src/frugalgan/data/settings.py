"""Section `prepare` of params.yaml: how pictures are prepared, whatever the data set."""

from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT, Share


@dataclass(frozen=True, config=STRICT)
class Prepare:
    max_rejected: Share
