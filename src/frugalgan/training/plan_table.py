"""The plan of all models for people."""

from collections.abc import Sequence
from typing import Any

MIB = 2**20


def terminal_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """The same for people: MiB, and time in hours and minutes."""
    shown = []
    for row in rows:
        cells = {
            "model": row["model"],
            "seeds": str(row["seeds"]),
            "batch": str(row["batch"]),
            "trained": f"{row['trained_parameters']:,}",
        }
        cells["generator MiB"] = f"{row['generator_bytes'] / MIB:.1f}"
        for part in ("peak", "weights", "gradients", "optimizer", "activations"):
            cells[f"{part} MiB"] = f"{row[f'{part}_bytes'] / MIB:.1f}"
        if row["largest_batch"] is not None:
            cells["largest batch"] = str(row["largest_batch"])
        if row["seconds"] is not None:
            cells |= {"s/kimg": f"{row['seconds_per_kimg']:.1f}", "in all": duration(row["seconds"] * row["seeds"])}
        shown.append(cells)
    return shown


def aligned(rows: Sequence[dict[str, str]]) -> str:
    """Rows of the same cells as lines, columns one below the other."""
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.rjust, line, widths)) for line in lines)


def duration(seconds: float) -> str:
    """`1 d 02:03:04`."""
    days, rest = divmod(round(seconds), 86_400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {clock}" if days else clock
