"""The thesis's published results: tables 3.1, 3.2 and 3.3 (FID by pytorch-fid, 500 images; GTX 1660 Ti Max-Q)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One model of the thesis."""

    title: str
    fid: float
    epoch_seconds: float
    memory_gb: float
    model_mb: float
    fid_vs_teacher: float | None = None
    quality_change_percent: float | None = None  # table 3.3


BY_MODEL = {
    "teacher": Published("model 1", 63.95, 59.5, 4.03, 186, quality_change_percent=0.0),
    "scratch": Published("model 2 (full)", 114.58, 59.8, 4.03, 186),
    "transfer": Published("model 2 (transfer learning)", 127.517, 46.2, 1.45, 186, quality_change_percent=-11.2),
}

BY_ALPHA = {
    0.3: Published("KD 1", 65.33, 34, 1.89, 38, 32.07),
    0.05: Published("KD 2", 68.69, 34, 1.89, 38, 29.8, quality_change_percent=-7.4),
    0.01: Published("KD 3", 68.57, 34, 1.89, 38, 31.06),
    0.001: Published("KD 4", 79.38, 34, 1.89, 38, 30.94),
}
