"""Section `prepare` of params.yaml: how pictures are prepared, whatever the data set."""

from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT, Positive, Share


@dataclass(frozen=True, config=STRICT)
class Prepare:
    """Section `prepare`: which pictures are left out, and how many may be."""

    max_rejected: Share
    max_megapixels: Positive

    @property
    def max_pixels(self) -> int:
        """Of a photo."""
        return int(1e6 * self.max_megapixels)
