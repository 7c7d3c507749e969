"""Energy of the processor, from the counters that Linux keeps."""

from pathlib import Path

import pytest

from frugalgan.training.energy import joules_since, read_counters


def test_energy_is_that_of_the_packages_and_survives_a_wrap(tmp_path: Path) -> None:
    zones = {"intel-rapl:0": 900, "intel-rapl:1": 100, "intel-rapl:0:0": 5, "intel-rapl:2": 7}
    names = ("package-0", "package-1", "core", "psys")
    for (zone, counter), name in zip(zones.items(), names, strict=True):
        (tmp_path / zone).mkdir()
        (tmp_path / zone / "name").write_text(f"{name}\n")
        (tmp_path / zone / "energy_uj").write_text(f"{counter}\n")
        (tmp_path / zone / "max_energy_range_uj").write_text("1000\n")
    before = read_counters(tmp_path)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("50\n")
    (tmp_path / "intel-rapl:1" / "energy_uj").write_text("300\n")
    assert joules_since(before, tmp_path) == pytest.approx((150 + 200) * 1e-6)
    assert joules_since({}, tmp_path) is None
