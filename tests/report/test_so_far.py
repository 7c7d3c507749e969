"""The report of some of the models, while others still train."""

from frugalgan.config.study import load
from frugalgan.report.settings import Compare
from frugalgan.report.so_far import part


def test_models_and_pairs_that_are_there_are_left() -> None:
    whole = load()
    some = part(whole, {"teacher", "student", "scratch"})
    assert list(some.rows) == ["teacher", "scratch", "student"] and len(whole.rows) > 3
    assert some.section("compare", Compare).pairs == ["student* / teacher"]
    assert part(whole, whole.rows).section("compare", Compare) == whole.section("compare", Compare)
