"""Tables 3.1, 3.2 and 3.3 of the thesis, and one comparison of all models."""

from pathlib import Path
from typing import Any

import pandas as pd

from frugalgan.files import replaced
from frugalgan.report.results import thesis_rows
from frugalgan.report.thesis import BY_ALPHA, BY_MODEL


def table_3_1(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Transfer learning: distance, seconds per epoch, training memory."""
    return thesis_rows(table, key, ["teacher", "scratch", "transfer"], [key, "seconds_per_epoch", "peak_training_mib"])


def table_3_2(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Distillation: distances to the data and to the teacher, seconds per epoch, training memory, by falling α."""
    alphas: dict[str, float] = table["alpha"].dropna().to_dict()
    students = sorted(alphas, key=lambda name: -alphas[name])
    columns = [key, f"{key}_vs_teacher", "seconds_per_epoch", "peak_training_mib"]
    rows = thesis_rows(table, key, students, columns)
    rows.insert(0, "alpha", table.loc[students, "alpha"])
    return rows


def table_3_3(table: pd.DataFrame) -> pd.DataFrame:
    """Summary: memory and size beside ordinary training, change of quality in percent (less is worse)."""
    names = ["transfer", "student", "teacher"]
    columns = ["peak_training_mib", "peak_training_ratio", "generator_mib", "generator_ratio", "quality_change_percent"]
    rows = table.loc[names, ["data", *columns]]
    ordinary = BY_MODEL["teacher"]
    published = [BY_MODEL["transfer"], BY_ALPHA.get(float(table.loc["student", "alpha"])), ordinary]
    rows["thesis_memory_ratio"] = [p.memory_gb / ordinary.memory_gb if p else None for p in published]
    rows["thesis_model_ratio"] = [p.model_mb / ordinary.model_mb if p else None for p in published]
    rows["thesis_quality_change_percent"] = [p.quality_change_percent if p else None for p in published]
    return rows.rename(
        index={"transfer": "transfer learning", "student": "distillation", "teacher": "ordinary training"}
    )


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
