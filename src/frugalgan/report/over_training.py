"""Quality over training, all models together."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from frugalgan.files import read_json
from frugalgan.report.results import ResultsError


def over_training(metrics: Path, models: Iterable[str], key: str) -> pd.DataFrame:
    """A row per model and moment: kimg, seconds of training until then, and the distance, whose key is `key`.

    Raises FileError, ResultsError.
    """
    parts, extractors = [], set()
    for name in models:
        cost = read_json(metrics / "cost" / f"{name}.json", mend="`dvc repro` makes it")
        quality = read_json(metrics / "over_training" / f"{name}.json", mend="`dvc repro` makes it")
        extractors.add(quality["extractor_sha256"])
        columns = {"model": name, "kimg": cost["moments_kimg"], "seconds": cost["moments_seconds"]}
        parts.append(pd.DataFrame(columns | {"distance": quality[key], "metric": key}))
    if len(extractors) != 1:
        raise ResultsError("distances over training come from different extractors; run `dvc repro`")
    return pd.concat(parts, ignore_index=True).set_index("model")
