"""The table of exported files: bytes beside those of the first, and a verdict of 8 bits against 32."""

from pathlib import Path
from typing import Any

import pytest
from small_study import row, small_study

from frugalgan.config import places
from frugalgan.files import FileError, write_json
from frugalgan.report.exports import exports, paired_percent

ROWS = {"teacher": row(), "student": row(method="kd", source="teacher", start="taught")}


def file(kib: int, draws: list[float], *, collapsed: bool = False) -> dict[str, Any]:
    mean = sum(draws) / len(draws)
    quality = {"fid": mean, "fid_sd": 1.0, "fid_draws": draws, "collapsed": collapsed}
    quality |= {"swd": mean, "swd_sd": 1.0, "swd_draws": draws}
    return {"bytes": 1024 * kib, "milliseconds_per_image": 2.0, "memory_mib": 10.0, "quality": quality}


def exported(name: str, whole: dict[str, Any], small: dict[str, Any]) -> None:
    known = {"model": name, "data": "cats", "seed": 0, "distance": "fid", "extractor": "inception"}
    write_json(places.exported(name), known | {"files": {"float32": whole, "8_bits": small}})


def test_sizes_stand_beside_the_first_and_8_bits_beside_their_own_32(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exported("teacher", file(4000, [99.0, 100.0, 101.0]), file(1000, [99.0, 100.5, 101.0]))
    exported("student", file(800, [119.0, 120.0, 121.0]), file(200, [121.5, 122.4, 123.3]))  # 2 % more, and surely
    study = small_study(ROWS, export={"models": ["teacher", "student"], "runtime": "none"})
    table = exports(study, 0.05)
    assert list(table.index) == ["teacher, float32", "teacher, 8_bits", "student, float32", "student, 8_bits"]
    assert list(table["times_smaller"]) == [1, 4, 5, 20] and table.loc["student, 8_bits", "kib"] == 200
    assert list(table["vs_float32"]) == ["", "not distinguishable at this n", "", "worse"]
    assert table["swd_percent"].fillna("").tolist() == table["distance_percent"].fillna("").tolist()
    assert table["distance_percent"].fillna("").tolist() == ["", "+0.17 (-0.55 to +0.88)", "", "+2.00 (+1.79 to +2.21)"]


def test_a_difference_stands_with_the_interval_of_its_pairs() -> None:
    """By hand: differences of 1, 2 and 3 % are 2 ± 4.303 · 1 / √3, the t distribution's 97.5 % of 2 degrees."""
    assert paired_percent([101.0, 102.0, 103.0], [100.0, 100.0, 100.0]) == "+2.00 (-0.48 to +4.48)"
    assert paired_percent([3.0, 5.0], [3.0, 5.0]) == "+0.00 (+0.00 to +0.00)"


def test_without_exports_there_is_an_empty_table_and_without_a_file_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert exports(small_study(ROWS), 0.05).empty
    with pytest.raises(FileError, match="`dvc repro export@student` makes it"):
        exports(small_study(ROWS, export={"models": ["student"], "runtime": "none"}), 0.05)
