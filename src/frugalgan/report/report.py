"""All models in one comparison: tables, pages and figures."""

from frugalgan.config import places
from frugalgan.config.study import Study
from frugalgan.files import replaced
from frugalgan.report import decoders, figures, truncation
from frugalgan.report.charts import charts_file, write_charts
from frugalgan.report.exports import exports
from frugalgan.report.head_start import head_starts
from frugalgan.report.html import html
from frugalgan.report.page import page
from frugalgan.report.results import (
    fewer_than_asked,
    losses,
    over_training,
    read_evaluations,
    results,
    trained_by_features,
    went_on_elsewhere,
)
from frugalgan.report.settings import Compare
from frugalgan.report.tables import write_csv
from frugalgan.report.thesis import table_3_1, table_3_2, table_3_3
from frugalgan.report.verdicts import verdicts


def write_report(study: Study) -> None:
    """Write results/tables, report.html, comparison.md, decoders.md and figures from metrics/evaluations.

    Models are those of the study, whatever else lies on disk. Raises ResultsError, FileError, and ParamsError for
    pairs of unknown models, or of models of two data sets.
    """
    compare = study.section("compare", Compare)
    evaluations = read_evaluations(study)
    table, progress = results(study, evaluations), over_training(evaluations)
    further = {"comparison": table, "over_training": progress, "losses": losses(study)}
    traded = truncation.curves(evaluations)
    curves = {} if traded.empty else {"truncation": traded}
    starts = head_starts(study, evaluations)
    heads = decoders.decoders(study, starts, compare.significance)
    tables = {
        "table_3_1": table_3_1(table),
        "table_3_2": table_3_2(table),
        "table_3_3": table_3_3(table),
        "verdicts": verdicts(evaluations, compare.models(study.rows), compare.significance),
        "exports": exports(study, compare.significance),
        "head_starts": heads,
    }
    with replaced(places.RESULTS / "tables") as folder:
        folder.mkdir()
        for name, rows in (tables | further | curves).items():
            write_csv(rows, folder / f"{name}.csv")
    with replaced(places.RESULTS / "figures") as folder:
        folder.mkdir()
        figures.draw(table, progress, folder)
        truncation.plot(traded, folder / "truncation.png")
        decoders.plot(starts, evaluations, folder / "head_starts.png")
    notes = fewer_than_asked(study, evaluations) + trained_by_features(study, evaluations)
    notes += went_on_elsewhere(evaluations)
    pages = {
        "comparison.md": page(study, table, tables, compare, notes),
        "decoders.md": decoders.page(study, heads, evaluations, compare.significance),
        "report.html": html(study, table, tables | curves, evaluations, compare, notes),
    }
    for name, text in pages.items():
        with replaced(places.RESULTS / name) as file:
            file.write_text(text, encoding="utf-8")
    write_charts(charts_file())
