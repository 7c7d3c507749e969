"""What the code of every stage says, so that editing code re-runs the stages that run it; and a check of the study."""

from dataclasses import asdict
from pathlib import Path

from frugalgan.check import check_names, check_place
from frugalgan.code import write_code
from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.files import replaced, write_json
from frugalgan.report.settings import Export


def main() -> None:
    """Write code/: the rows, and a file per stage, method, section of networks and export: modules and their hashes."""
    check_place()
    study = load()
    check_names(study)
    places.claim(places.CODE)
    networks = {row.networks: study.families(row.networks) for row in study.rows.values()}
    methods = sorted({row.method for row in study.rows.values()})
    exported = study.section("export", Export).models
    exports = {name: networks[study.row(name).networks] for name in exported}
    scripts = sorted(Path(__file__).parent.glob("[a-z]*.py"))
    with replaced(places.CODE) as folder:
        write_code(folder, scripts, methods, networks, exports)
        write_json(folder / "rows.json", {name: asdict(row) for name, row in study.rows.items()})


if __name__ == "__main__":
    run_stage(main)
