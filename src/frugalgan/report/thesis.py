"""The thesis's published results (tables 3.1, 3.2 and 3.3: FID by pytorch-fid, 500 images; GTX 1660 Ti Max-Q), and ours
beside them: views of the table of all models."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Published:
    """One model of the thesis."""

    title: str
    fid: float
    epoch_seconds: float
    memory_gb: float
    model_mb: float
    epoch_batches: int  # what the thesis calls an epoch: so many critic updates
    fid_vs_teacher: float | None = None
    quality_change_percent: float | None = None  # table 3.3


ORDINARY, TRANSFER, STUDENT = "teacher", "transfer", "student"  # our rows that the thesis is about
BY_MODEL = {
    ORDINARY: Published("model 1", 63.95, 59.5, 4.03, 186, 200, quality_change_percent=0.0),
    "scratch": Published("model 2 (full)", 114.58, 59.8, 4.03, 186, 200),
    TRANSFER: Published("model 2 (transfer learning)", 127.517, 46.2, 1.45, 186, 200, quality_change_percent=-11.2),
}
KD_EPOCH_BATCHES = 100
BY_ALPHA = {
    0.3: Published("KD 1", 65.33, 34, 1.89, 38, KD_EPOCH_BATCHES, 32.07),
    0.05: Published("KD 2", 68.69, 34, 1.89, 38, KD_EPOCH_BATCHES, 29.8, quality_change_percent=-7.4),
    0.01: Published("KD 3", 68.57, 34, 1.89, 38, KD_EPOCH_BATCHES, 31.06),
    0.001: Published("KD 4", 79.38, 34, 1.89, 38, KD_EPOCH_BATCHES, 30.94),
}


def table_3_1(table: pd.DataFrame) -> pd.DataFrame:
    """Transfer learning: distance, seconds per epoch, training memory."""
    names = [name for name in BY_MODEL if name in table.index]
    return _beside(table, names, ["distance", "seconds_per_epoch", "peak_training_mib"])


def table_3_2(table: pd.DataFrame) -> pd.DataFrame:
    """Distillation: distances to the data and to the teacher, seconds per epoch, training memory, by falling α."""
    names = students(table)
    rows = _beside(table, names, ["distance", "distance_vs_source", "seconds_per_epoch", "peak_training_mib"])
    rows.insert(0, "alpha", table.loc[names, "alpha"])
    return rows


def students(table: pd.DataFrame) -> list[str]:
    """The row `student` and the further students, by falling α."""
    ours = [name for name in table.index if name == STUDENT or str(name).startswith(f"{STUDENT}_")]
    known = table.loc[[name for name in ours if pd.notna(table.loc[name, "alpha"])]].sort_values(
        "alpha", ascending=False, kind="stable"
    )
    return [str(name) for name in known.index]


def table_3_3(table: pd.DataFrame) -> pd.DataFrame:
    """Summary: memory and size beside ordinary training, change of quality in percent (less is worse)."""
    titles = {TRANSFER: "transfer learning", STUDENT: "distillation", ORDINARY: "ordinary training"}
    names = [name for name in titles if name in table.index]
    columns = ["peak_training_mib", "peak_training_ratio", "generator_mib", "generator_ratio", "quality_change_percent"]
    rows = table.loc[names, ["data", *columns]]
    ordinary, published = BY_MODEL[ORDINARY], [_published(table, name) for name in names]
    rows["thesis_memory_ratio"] = [p.memory_gb / ordinary.memory_gb if p else None for p in published]
    rows["thesis_model_ratio"] = [p.model_mb / ordinary.model_mb if p else None for p in published]
    rows["thesis_quality_change_percent"] = [p.quality_change_percent if p else None for p in published]
    return rows.rename(index=titles)


def _published(table: pd.DataFrame, name: str) -> Published | None:
    return BY_MODEL.get(name) or BY_ALPHA.get(float(table.loc[name, "alpha"]))  # pyright: ignore[reportArgumentType]


def _beside(table: pd.DataFrame, names: list[str], columns: list[str]) -> pd.DataFrame:
    """Our `columns` for `names`, each beside the thesis's figure where the thesis has one."""
    figures = {
        "fid": "distance",
        "fid_vs_teacher": "distance_vs_source",
        "epoch_seconds": "seconds_per_epoch",
        "memory_gb": "peak_training_mib",
        "model_mb": "generator_mib",
    }
    rows = {}
    for name in names:
        known = _published(table, name)
        rows[name] = {"data": table.loc[name, "data"], "thesis_name": known.title if known else None}
        ours_of = table.loc[name].to_dict() | {"seconds_per_epoch": _seconds_per_epoch(table, name, known)}
        for thesis, ours in figures.items():
            if ours in columns:
                rows[name] |= {ours: ours_of[ours], f"thesis_{thesis}": getattr(known, thesis, None)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")


def _seconds_per_epoch(table: pd.DataFrame, name: str, known: Published | None) -> float:
    row = table.loc[name]
    kimg = (known.epoch_batches if known else KD_EPOCH_BATCHES) * row["batch_size"] / 1000
    return row["seconds"] / row["kimg"] * kimg if row["kimg"] else 0.0
