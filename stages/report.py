"""Tables, verdicts and figures of all models."""

from frugalgan.command import run_stage
from frugalgan.config.study import load
from frugalgan.report.report import write_report


def main() -> None:
    """Write results/tables, results/comparison.md, results/decoders.md and results/figures from all evaluations."""
    write_report(load())


if __name__ == "__main__":
    run_stage(main)
