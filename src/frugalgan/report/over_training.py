"""Quality over training, all models together."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from frugalgan.files import read_json


def over_training(metrics: Path, models: Iterable[str], key: str) -> pd.DataFrame:
    """A row per model and moment: kimg, seconds of training until then, and the distance, whose key is `key`."""
    parts = []
    for name in models:
        cost = read_json(metrics / "cost" / f"{name}.json", mend="`dvc repro` makes it")
        quality = read_json(metrics / "over_training" / f"{name}.json", mend="`dvc repro` makes it")
        columns = {"model": name, "kimg": cost["moments_kimg"], "seconds": cost["moments_seconds"]}
        parts.append(pd.DataFrame(columns | {"distance": quality[key], "metric": key}))
    return pd.concat(parts, ignore_index=True).set_index("model")
