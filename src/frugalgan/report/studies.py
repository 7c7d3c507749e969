"""Studies that are no part of the pipeline, whose tables and pictures are committed: docs/studies.yaml lists them."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import yaml
from pydantic import Field, ValidationError
from pydantic.dataclasses import dataclass

from frugalgan.config.sections import STRICT, Text
from frugalgan.files import FileError

FILE = Path("docs/studies.yaml")


@dataclass(frozen=True, config=STRICT)
class Finding:
    """What one study found. `page`, `table` and `figure` are files beside docs/studies.yaml; `page` tells the rest."""

    title: Text
    about: Text
    page: Text
    table: Text
    columns: Annotated[list[str], Field(min_length=1)]  # of the table
    figure: Text
    caption: Text  # what it shows


def findings() -> list[Finding]:
    """Those of this project; none where it has no such file. Raises FileError."""
    if not FILE.is_file():
        return []
    try:
        return [Finding(**one) for one in yaml.safe_load(FILE.read_text(encoding="utf-8"))]
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        raise FileError(f"{FILE}: {error}") from None


def rows(finding: Finding) -> pd.DataFrame:
    """Its table, the first column in front. Raises FileError."""
    file = FILE.parent / finding.table
    try:
        table = pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise FileError(f"{file}, a table of {FILE}: {error}") from None
    if missing := [column for column in finding.columns if column not in table]:
        raise FileError(f"{file}: has no column {', '.join(missing)}, which {FILE} names")
    return table.loc[:, finding.columns].set_index(finding.columns[0])
