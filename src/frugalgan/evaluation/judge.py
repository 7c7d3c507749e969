"""One network as the judge of what a model drew: its features, quality by them, and their course over training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from frugalgan.evaluation.drawn import Drawn
from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.features import FeatureSet, extract
from frugalgan.evaluation.metrics.content import content_kept
from frugalgan.evaluation.metrics.names import metric_key
from frugalgan.evaluation.quality import over_training, quality
from frugalgan.evaluation.reference import REFERENCE, SECOND
from frugalgan.evaluation.settings import Evaluate
from frugalgan.networks.sampling import FIXED_SEED


@dataclass(frozen=True)
class Judge:
    """A network, and the features of real images by it."""

    network: Extractor
    real: dict[str, FeatureSet]
    prefix: str  # of its columns of `course`
    settings: Evaluate

    def features(self, images: np.ndarray, source: str, seed: int) -> FeatureSet:
        return extract(self.network, images, source=source, seed=seed, batch_size=self.settings.batch_size)

    def quality(
        self, fake: FeatureSet, drawn: Drawn, source: str, n: int, floor_n: tuple[int, int] | None
    ) -> dict[str, Any]:
        """Quality of the draws, whose features are `fake`; `source` names the other model."""
        seed, values, taught = self.settings.seed, {}, None
        if drawn.taught is not None:
            taught = self.features(drawn.taught, source, seed)
        if drawn.origins is not None:
            origins = self.features(drawn.origins, source, seed)
            values[metric_key("content", self.network.name)] = content_kept(fake.features[:n], origins.features)
        logits = self.network.logits(fake.features)
        return values | quality(fake, self.real, taught, self.settings, n=n, floor_n=floor_n, logits=logits)

    def course(self, drawn: Drawn) -> dict[str, list[float]]:
        """Quality at each moment of training."""
        fake = self.features(np.concatenate(drawn.moments), drawn.title, FIXED_SEED)
        over = over_training(fake, len(drawn.moments), self.real[REFERENCE], self.settings)
        return {f"{self.prefix}{metric}": values for metric, values in over.items()}


def judges(networks: Mapping[str, Extractor], sets: Mapping[str, FeatureSet], settings: Evaluate) -> list[Judge]:
    """The networks of `chosen_extractors` with their sets of features, which are `sets` together."""
    return [
        Judge(
            network,
            {key.removeprefix(prefix): item for key, item in sets.items() if key.startswith(SECOND) == bool(prefix)},
            prefix,
            settings,
        )
        for prefix, network in networks.items()
    ]
