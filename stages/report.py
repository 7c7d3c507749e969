"""Tables, verdicts and figures of all models."""

from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.study import load
from frugalgan.report.report import write_report


def main() -> None:
    """Write results/: tables, comparison.md, decoders.md, figures and report.html, from all evaluations."""
    study = load()
    names = "tables", "comparison.md", "decoders.md", "figures", "report.html"
    places.claim(*(places.RESULTS / name for name in names))
    write_report(study)


if __name__ == "__main__":
    run_stage(main)
