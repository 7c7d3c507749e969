"""Tables as CSV and as Markdown."""

from pathlib import Path
from typing import Any

import pandas as pd

from frugalgan.files import replaced


def write_csv(table: pd.DataFrame, file: Path) -> None:
    """`table` as CSV, atomically."""
    with replaced(file) as temporary:
        table.to_csv(temporary, float_format="%.6g")


def markdown(table: pd.DataFrame) -> str:
    """`table` as a GitHub table, numbers to four digits; missing values are empty."""
    frame = table.reset_index()
    cells = [[_shown(value) for value in row] for row in frame.itertuples(index=False)]
    lines = [list(map(str, frame.columns)), ["---"] * len(frame.columns), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _shown(value: Any) -> str:
    if pd.isna(value):
        return ""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
