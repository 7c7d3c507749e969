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
    cells = [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
    lines = [list(map(str, frame.columns)), ["---"] * len(frame.columns), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def rounded(value: float, digits: int = 4) -> str:
    """A number to so many digits; a large one whole, without an exponent."""
    return f"{value:.{digits}g}" if abs(value) < 10**digits - 0.5 else f"{value:.0f}"


def _cell(value: Any) -> str:
    if pd.isna(value):
        return ""
    return rounded(value) if isinstance(value, float) else str(value)
