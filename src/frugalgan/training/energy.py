"""The processor's energy, where the platform tells it: Linux's powercap counters (Intel and AMD RAPL)."""

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
MICROJOULES = 1e-6


def read_counters(powercap: Path = POWERCAP) -> dict[Path, int]:
    """Package → its energy counter in µJ; empty where there is none or it may not be read (often by root only)."""
    counters = {}
    for zone in sorted(powercap.glob("intel-rapl:*")):
        try:  # other zones are parts of a package, or hold all of them (psys)
            if (zone / "name").read_text().startswith("package"):
                counters[zone] = int((zone / "energy_uj").read_text())
        except (OSError, ValueError):
            continue
    return counters


def joules_since(before: dict[Path, int], powercap: Path = POWERCAP) -> float | None:
    """Energy of all packages since `before`, of everything that ran on them; None where it is not known.

    A counter that wrapped once is put right; between two readings it must not wrap more often (minutes to hours).
    """
    after = read_counters(powercap)
    if not before or before.keys() != after.keys():
        return None
    total = 0
    for zone, begun in before.items():
        spent = after[zone] - begun
        if spent < 0:
            try:
                spent += int((zone / "max_energy_range_uj").read_text())
            except (OSError, ValueError):
                return None
        total += spent
    return total * MICROJOULES
