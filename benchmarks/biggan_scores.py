"""What came of the rows of `biggan_parts.py`, from their samples: a CSV, a table in Markdown, gain against cost.

    python benchmarks/biggan_scores.py docs/biggan/mnist

Run it in the clone where `frugalgan repro` has trained and sampled them. It calls what the stage `evaluate` calls, but
for the search for copies, which takes minutes a row among 60,000 training images. Verdicts: Welch's test over seeds;
in brackets where it does not hold after Holm's correction for all rows.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
from biggan_parts import BASELINE, FULL, SECONDS, plot

from frugalgan.config import places
from frugalgan.config.study import Study, load
from frugalgan.evaluation.classifier import agreement, classifier_of
from frugalgan.evaluation.features import extract, extractor, load_features
from frugalgan.evaluation.metrics.inception_score import inception_score
from frugalgan.evaluation.metrics.sliced_wasserstein import SlicedWasserstein
from frugalgan.evaluation.metrics.variety import COLLAPSED
from frugalgan.evaluation.reference import REFERENCE, real_images
from frugalgan.evaluation.scores import scores
from frugalgan.evaluation.settings import Evaluate
from frugalgan.files import read_json
from frugalgan.report.tables import markdown, write_csv
from frugalgan.report.verdicts import holm, p_value

DATA, DRAWS = "pictures", 2
FEATURES = ("distance", "kid", "recall", "coverage", "variety", "spacing")
JUDGES = ("distance", "swd")
Scores = dict[str, dict[str, list[float]]]  # row → metric → one per seed


def main(out: Annotated[Path, typer.Argument(help="writes OUT.csv, OUT.md and OUT.png")]) -> None:
    found = measured(load())
    seconds = read_json(SECONDS, hint="python benchmarks/biggan_parts.py seconds")
    table = pd.DataFrame({name: _columns(one) for name, one in found.items()}).T.rename_axis("row")
    table["s/kimg"] = pd.Series(seconds)
    for other in (BASELINE, FULL):
        table[f"than {other}"] = pd.Series(verdicts(found, other))
    out.parent.mkdir(parents=True, exist_ok=True)
    write_csv(table, out.with_suffix(".csv"))
    shown = ("distance", "swd", "inception score", "agreement")
    text = pd.DataFrame({key: [_short(found[name][key]) for name in found] for key in shown}, index=table.index)
    text = text.join(table[[f"than {BASELINE}", f"than {FULL}"]].fillna(""))
    out.with_suffix(".md").write_text(markdown(text), encoding="utf-8")
    plot(table, out.with_suffix(".png"))


def measured(study: Study) -> Scores:
    """Every row's metrics, a mean over draws for each of its seeds."""
    settings, dataset = study.section("evaluate", Evaluate), study.dataset(DATA)
    reference = load_features(places.reference(DATA))[REFERENCE].features
    network = extractor(dataset.extractor, None, torch.device("cpu"))
    real = real_images(places.prepared(DATA), n=dataset.reference, seed=settings.seed)[REFERENCE]
    pixels = SlicedWasserstein(real, settings.seed)
    classifier = classifier_of(places.prepared(DATA), settings.classifier_images, settings.seed)
    classes = len(np.unique(np.load(places.prepared(DATA) / "labels.npy")))
    of_real = classifier.inception_score(dataset.samples, settings.repeats, settings.seed)
    print(f"classifier right about {classifier.accuracy:.3f}; real images score {of_real:.2f}")
    found: Scores = {}
    for name in study.rows:
        found[name] = {}
        for images in np.load(places.samples(name) / "samples.npy", mmap_mode="c"):
            for draw in np.split(images[: DRAWS * dataset.samples], DRAWS):
                fake = extract(network, draw, source=name, seed=0, batch_size=settings.batch_size).features
                one: dict[str, Any] = {"swd": pixels(draw), "agreement": agreement(classifier.labels(draw), classes)}
                one |= {key: scores(fake, reference, settings, settings.seed)[key] for key in FEATURES}
                logits = classifier.logits(draw)
                one["inception score"] = np.nan if logits is None else inception_score(logits, splits=1)[0]
                for key, value in one.items():
                    found[name].setdefault(key, []).append(float(value))
        for key, values in found[name].items():
            found[name][key] = np.reshape(values, (-1, DRAWS)).mean(axis=1).tolist()
        print(name, {key: np.round(values, 2).tolist() for key, values in found[name].items()}, flush=True)
    return found


def verdicts(found: Scores, other: str) -> dict[str, str]:
    """Row → what both metrics say of it beside `other`."""
    rows = [name for name in found if name != other]
    p = {key: [p_value(found[n][key], found[other][key], paired=False) for n in rows] for key in JUDGES}
    corrected = {key: holm(values) for key, values in p.items()}
    return {
        name: _verdict([(p[key][i], corrected[key][i], _is_less(found, name, other, key)) for key in JUDGES])
        for i, name in enumerate(rows)
    }


def _is_less(found: Scores, name: str, other: str, key: str) -> bool:
    return float(np.mean(found[name][key])) < float(np.mean(found[other][key]))


def _verdict(tests: list[tuple[float, float, bool]], level: float = 0.05) -> str:
    words = ["better" if less else "worse" for _, _, less in tests]
    single = [p < level for p, _, _ in tests]
    if all(single) and len(set(words)) == 1:
        return words[0] if all(p < level for _, p, _ in tests) else f"({words[0]})"
    if all(single):
        return "(metrics disagree)"
    return next((f"({word} by {key})" for word, key, is_one in zip(words, JUDGES, single, strict=True) if is_one), "")


def _columns(one: dict[str, list[float]]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for key, values in one.items():
        columns |= {key: np.mean(values), f"{key} ±": np.std(values, ddof=1)}
        columns[f"{key} of each seed"] = " ".join(f"{value:.4g}" for value in values)
    lowest = np.minimum(one["variety"], one["spacing"])
    return columns | {"collapsed seeds": int((lowest < COLLAPSED).sum())}


def _short(values: list[float]) -> str:
    digits = 0 if np.mean(values) >= 20 else 2
    return f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1):.{digits}f}"


if __name__ == "__main__":
    typer.run(main)
