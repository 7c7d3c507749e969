"""The networks that judge images of a data set: its extractor, and the second one where params.yaml asks for it."""

import torch

from frugalgan.config.study import Study
from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.features import extractor
from frugalgan.evaluation.reference import SECOND
from frugalgan.evaluation.settings import Evaluate


def chosen_extractors(study: Study, data: str, settings: Evaluate, device: torch.device) -> dict[str, Extractor]:
    """What stands before the names of its sets of features → the network. Raises ExtractorError and ParamsError."""
    names = settings.networks(study, data)
    return {
        prefix: extractor(name, settings.weights_file, device)
        for prefix, name in zip(("", SECOND), names, strict=False)
    }
