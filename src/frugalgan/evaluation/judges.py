"""The networks that judge images of a data set: its extractor, and the second one where params.yaml asks for it."""

import torch

from frugalgan.config.study import Study
from frugalgan.evaluation.extractors.base import Extractor, ExtractorError
from frugalgan.evaluation.features import extractor
from frugalgan.evaluation.settings import Evaluate


def judges(study: Study, data: str, settings: Evaluate, device: torch.device) -> tuple[Extractor, Extractor | None]:
    """The first and, if any, the second. Raises ExtractorError."""
    name, other = study.dataset(data).extractor, settings.second_extractor
    if name == other:
        raise ExtractorError(
            f"evaluate.second_extractor: {other} is the extractor of {data} itself: choose another, or none"
        )
    found = [extractor(one, settings.weights_file, device) for one in (name, other) if one != "none"]
    return found[0], found[1] if len(found) > 1 else None
