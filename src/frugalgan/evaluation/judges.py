"""The networks that judge images of a data set: its extractor, and the second one where params.yaml asks for it."""

import torch

from frugalgan.config.study import Study
from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.features import extractor
from frugalgan.evaluation.settings import Evaluate


def judges(study: Study, data: str, settings: Evaluate, device: torch.device) -> tuple[Extractor, Extractor | None]:
    """The first and, if any, the second. Raises ExtractorError and ParamsError."""
    first, *second = (extractor(name, settings.weights_file, device) for name in settings.networks(study, data))
    return first, second[0] if second else None
