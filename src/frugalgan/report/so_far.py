"""The report of the models that are measured already, while others still train: python -m …so_far MODEL MODEL …"""

import sys
from collections.abc import Collection, Mapping
from dataclasses import replace

from frugalgan.config.sections import ParamsError, Row
from frugalgan.config.study import Study, load
from frugalgan.report.report import write_report
from frugalgan.report.settings import Compare


def part(study: Study, models: Collection[str]) -> Study:
    """The study of these models alone, with the pairs that are left of `compare.pairs`, and no exported files."""
    rows = {name: row for name, row in study.rows.items() if name in models}
    compare = study.section("compare", Compare)
    pairs = [pair for pair in compare.pairs if _is_there(replace(compare, pairs=[pair]), rows)]
    left = {"compare": study.raw["compare"] | {"pairs": pairs}, "export": study.raw["export"] | {"models": []}}
    return replace(study, rows=rows, raw=study.raw | left)


def _is_there(compare: Compare, rows: Mapping[str, Row]) -> bool:
    try:
        return bool(compare.models(rows))
    except ParamsError:
        return False


if __name__ == "__main__":
    write_report(part(load(), sys.argv[1:]))
