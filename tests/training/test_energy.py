"""Energy of the processor, from the counters that Linux keeps."""

from pathlib import Path

import pytest
from small import recorder_of

from frugalgan.training.energy import joules_since, read_counters
from frugalgan.training.record import Recorder


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


def test_a_part_that_was_not_told_leaves_the_whole_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(joules: float | None) -> Recorder:
        monkeypatch.setattr("frugalgan.training.record.joules_since", lambda _: joules)
        return recorder_of(1)

    def gone_on(first: float | None, second: float | None) -> float | None:
        kept = told(first).state_dict()
        recorder = told(second)
        recorder.load_state_dict(kept, {})
        return recorder.joules()

    assert gone_on(3.0, 4.0) == 7.0
    assert gone_on(None, 4.0) is None and gone_on(3.0, None) is None
