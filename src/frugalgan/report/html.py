"""results/report.html: one page that answers, in one file, without a network."""

import base64
import json
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from jinja2 import Environment
from markupsafe import Markup

from frugalgan.config import places
from frugalgan.config.study import Study
from frugalgan.data.arrays import load_array
from frugalgan.data.images import enlarged_grid, grid
from frugalgan.files import FileError
from frugalgan.report import decoders, exports, page, results, studies, truncation
from frugalgan.report.page import JUDGED, TITLES
from frugalgan.report.results import Evaluations
from frugalgan.report.settings import Compare
from frugalgan.report.tables import rounded
from frugalgan.report.verdicts import BETTER, DISAGREE, SAME, WORSE

MOST_SENTENCES = 6
SHOWN, COLUMNS, FIXED, QUALITY, WIDEST = 12, 6, 6, 70, 720  # images of a model; JPEG quality; px
SAMPLES, MOMENTS = "samples.npy", "moments.npy"
COSTS = {
    "peak_training_mib": "training memory, MiB",
    "seconds": "training, seconds",
    "generator_mib": "working model, MiB",
    "trained_parameters": "trained parameters",
    "own_kib": "of its own, KiB",
    "kilojoules": "energy of the whole processor during training, kJ",
}
QUALITIES = {
    "distance": "distance",
    "second_distance": "distance by the second network",
    "swd": "sliced Wasserstein distance",
    "recall": "recall",
    "coverage": "coverage",
}
MORE_IS_BETTER = ("recall", "coverage")
TABLE = {
    "model": "model",
    "data": "data",
    "method": "method",
    "family": "family",
    "from": "from",
    "start": "start",
    "seeds": "seeds",
    "distance": "distance",
    "distance_sd": "±",
    "floor": "floor",
    "swd": "swd",
    "recall": "recall",
    "coverage": "coverage",
    "variety": "variety",
    "collapsed": "collapsed",
    "agreement": "agreement",
    "content": "content",
    **COSTS,
}
TEXT = ("model", "data", "method", "family", "networks", "from", "start")


def html(
    study: Study,
    table: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    evaluations: Evaluations,
    compare: Compare,
    notes: list[str],
) -> str:
    """The page; pictures are read from where stages left them, and left out where they are not. Raises FileError for
    what docs/studies.yaml names and is not there."""
    rows: list[dict[str, Any]] = [
        {"model": name, "family": " + ".join(dict.fromkeys(study.families(study.row(str(name)).networks)))}
        | _values(row)
        for name, row in table.iterrows()
    ]
    facts = {
        "rows": rows,
        "data": (data := list(dict.fromkeys(str(row["data"]) for row in rows))),
        "costs": _measured(COSTS, rows),
        "qualities": _measured(QUALITIES, rows),
        "more_is_better": MORE_IS_BETTER,
        "columns": [(key, title) for key, title in TABLE.items() if any(row.get(key) is not None for row in rows)],
        "text": TEXT,
        "pictures": {name: pictures(name) for name in table.index},
        "courses": {name: found for name in table.index if (found := course(study, name, evaluations[name]))},
    }
    drawn = [name for name in data if name.startswith("drawn ")]
    template = Environment(autoescape=True).from_string(
        resources.files("frugalgan.report").joinpath("page.html").read_text(encoding="utf-8")
    )
    plotly = resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")
    return template.render(
        about=f"{len(rows)} models of {len(data)} data set{'s' * (len(data) > 1)}."
        + (f" {', '.join(drawn).capitalize()} are drawn, not photographs." if drawn else ""),
        answer=answer(tables["verdicts"], table),
        notes=notes,
        significance=f"{compare.significance:g}",
        verdicts=_table(tables["verdicts"].loc[:, JUDGED]),
        tables=[(title, _table(tables[key])) for key, title in TITLES.items() if len(tables[key])],
        sections=_sections(table, tables),
        studies=shown_studies(),
        provenance=_provenance(evaluations),
        plotly=Markup(plotly.replace("</script", "<\\/script")),
        facts=Markup(json.dumps(facts, allow_nan=False).replace("<", "\\u003c")),
    )


def _measured(titles: dict[str, str], rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Of these columns those that some model has."""
    return [(key, title) for key, title in titles.items() if any(row.get(key) is not None for row in rows)]


def _sections(table: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> list[tuple[str, str, Markup | str, str]]:
    """What further studies found, of those that this one has: title, text, table, figure."""
    adapted, curves = page.adapted(table), tables.get("truncation", pd.DataFrame())
    found = [
        ("Exported: how small, how fast?", exports.ABOUT, tables["exports"], ""),
        ("Adapted to another domain", page.ABOUT_ADAPTED, adapted, ""),
        ("Does an autoencoder's head start pay?", decoders.ABOUT, tables["head_starts"], "head_starts.png"),
        ("Variety for fidelity: truncation", truncation.ABOUT, curves, "truncation.png"),
    ]
    return [
        (title, about.replace("`", ""), "" if name == "truncation.png" else _table(rows), _figure(name))
        for title, about, rows, name in found
        if len(rows)
    ]


def shown_studies() -> list[dict[str, Any]]:
    """What docs/studies.yaml lists, with its tables and pictures. Raises FileError."""
    found = []
    for one in studies.findings():
        if not (file := studies.FILE.parent / one.figure).is_file():
            raise FileError(f"{file}: no such picture, which {studies.FILE} names")
        found.append(asdict(one) | {"table": _table(studies.rows(one)), "figure": data_url(file)})
    return found


def _figure(name: str) -> str:
    """A figure of the report as a data URL; "" where there is none."""
    file = places.RESULTS / "figures" / name
    return data_url(file) if name and file.is_file() else ""


def data_url(file: Path) -> str:
    """A PNG or JPEG, as it is."""
    kind = "png" if file.suffix == ".png" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"


def answer(verdicts: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """A sentence per pair, MOST_SENTENCES at most: the verdict, its numbers, what it saves, and the doubt."""
    rounds = verdicts.groupby("other").cumcount()  # of each comparison the first pair before any second one
    sentences = []
    for place in rounds.to_numpy().argsort(kind="stable")[:MOST_SENTENCES]:
        model, row = str(verdicts.index[place]), verdicts.iloc[place].to_dict()
        other = row["other"]
        ours, theirs = table.loc[model].to_dict(), table.loc[other].to_dict()
        found = {
            BETTER: f"{model} is better than {other}",
            WORSE: f"{model} is worse than {other}",
            SAME: f"{model} and {other} are not distinguishable",
            DISAGREE: f"{model} and {other}: metrics disagree "
            f"({ours['metric']}: {row['by_distance']}, {row['second']}: {row['by_second']})",
        }.get(row["verdict"], f"{model} and {other}: {row['verdict']}")
        saved = ", ".join(
            f"{rounded(ours[key] / theirs[key], 2)} × the {title}"
            for key, title in (("peak_training_mib", "memory"), ("seconds", "seconds"), ("generator_mib", "size"))
            if theirs[key]
        )
        doubt = "over seeds" if row["over"] == "seeds" else "one training each"
        sentences.append(
            f"{found}: distance {rounded(row['distance'])} ± {rounded(row['sd'], 2)} against "
            f"{rounded(row['other_distance'])} ± {rounded(row['other_sd'], 2)} "
            f"(p = {row['p_value']:.1g}, {doubt}); {saved}."
        )
    return sentences or ["No pairs are compared: name some in compare.pairs of params.yaml."]


def _values(row: pd.Series) -> dict[str, Any]:
    """Plain JSON values; what was not measured is null."""
    return {
        str(key): None if pd.isna(value) else value.item() if isinstance(value, np.generic) else value
        for key, value in row.to_dict().items()
    }


def pictures(name: str) -> dict[str, str]:
    """Samples of a model, and those beside the nearest training images, as data URLs, of what is there."""
    found = {}
    if (file := places.samples(name) / SAMPLES).is_file():
        found["samples"] = _jpeg(enlarged_grid(load_array(file)[0, :SHOWN], columns=COLUMNS))
    if (file := places.pictures(name) / "neighbours.png").is_file():
        picture = cv2.imread(str(file))
        assert picture is not None, file
        found["neighbours"] = _jpeg(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    return found


def course(study: Study, name: str, one: dict[str, Any]) -> dict[str, Any] | None:
    """Moments of training, and the fixed vectors at each: a picture with a row per moment."""
    if not one["course"]["kimg"][-1]:
        return None
    moments, file = results.course(one), places.record(name) / str(study.seed) / MOMENTS
    if file.is_file():
        images = load_array(file)[:, :FIXED]
        moments["sprite"] = _jpeg(grid(images.reshape(-1, *images.shape[2:]), columns=FIXED, padding=0))
    return moments


def _jpeg(picture: np.ndarray) -> str:
    """(H, W, 3) RGB as a data URL, no wider than WIDEST."""
    if picture.shape[1] > WIDEST:
        scale = WIDEST / picture.shape[1]
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode()}"


def _table(rows: pd.DataFrame) -> Markup:
    return Markup(rows.reset_index().to_html(index=False, border=0, na_rep="–", float_format=rounded))


def _provenance(evaluations: Evaluations) -> list[str]:
    """What all numbers come from, each said once."""
    lines = []
    for one in evaluations.values():
        trained, measured = one["trained_on"], f"{one['extractor']} (sha256 {one['extractor_sha256'][:12]}…)"
        lines += [
            f"Trained on {trained['device']}, {trained['precision']}; torch {trained['versions']['torch']}",
            f"Measured by {measured} on {one['device']}",
        ]
    return list(dict.fromkeys(lines))
