"""A model's card: README.md in its folder, with what it learnt from, what it costs and how well it does."""

from pathlib import Path
from typing import Any

from frugalgan.config import places
from frugalgan.data.arrays import load_array
from frugalgan.data.facts import HELDOUT, IMAGES
from frugalgan.data.index import REJECTED
from frugalgan.direct.values import CARD, EXPORT, MODEL, PICTURES, Choice
from frugalgan.evaluation.metrics.names import SWD
from frugalgan.export.write import FACTS
from frugalgan.files import read_json, replaced
from frugalgan.training.plan_table import MIB, duration


def write_card(choice: Choice, out: Path, work: Path) -> None:
    """README.md of the folder `out`, from what the stages left in `work`, and what was exported."""
    evaluation = read_json(work / places.evaluation(MODEL), hint="the same command measures the model")
    rows, exported = facts(choice, evaluation), out / EXPORT / FACTS
    if exported.is_file():
        rows |= _of_export(read_json(exported, hint=f"frugalgan export {out} makes it"), evaluation["distance"])
    with replaced(out / CARD) as file:
        file.write_text(card(choice, rows, pictures(work)), encoding="utf-8")


def facts(choice: Choice, evaluation: dict[str, Any]) -> dict[str, str]:
    """What is said of the model: name → value."""
    record, quality, floor = evaluation["records"][0], evaluation["quality"][0], evaluation["floor"]
    key, extractor = evaluation["distance"], evaluation["extractor"]
    at, of_real = f"{key}_at_floor_n", f"floor_{key}"
    collapsed = quality.get(f"collapsed_{extractor}", False)
    distance = f"{quality[key]:.0f} ± {quality[f'{key}_sd']:.0f}"
    if at in quality and of_real in floor:
        distance += f"; real images have {floor[of_real]:.0f}, and of as many the model {quality[at]:.0f}"
    trained = evaluation["trained_on"]
    variety = f"{quality[f'variety_{extractor}']:.2f}" + (": **collapsed**" if collapsed else "")
    parameters = f"{record['generator_parameters']:,} parameters"
    own = {"numbers of its own": f"{record['own_bytes'] / 1024:.1f} KiB"} if choice.way.is_beside_source else {}
    labels = {"of the label asked for": f"{evaluation['agreement'][0]:.0%}"} if "agreement" in evaluation else {}
    return (
        own
        | labels
        | {
            f"distance ({extractor}, {quality['n_per_draw']} images)": distance,
            "sliced Wasserstein distance": f"{quality[SWD]:.0f}",
            "recall, coverage": f"{quality[f'recall_{extractor}']:.3f}, {quality[f'coverage_{extractor}']:.3f}",
            "variety, of real images 1": variety,
            "images seen": f"{record['kimg']:g} thousand, in {duration(record['seconds'])}",
            "memory at the peak of a step": f"{record['peak_training_bytes'] / MIB:.0f} MiB",
            "size of the working model": f"{record['generator_bytes'] / MIB:.2f} MiB, {parameters}",
            "trained on": f"{trained['device']}, {trained['precision']}, seed {choice.seed}",
            "torch": trained["versions"]["torch"],
        }
    )


def card(choice: Choice, rows: dict[str, str], of_pictures: str) -> str:
    """Markdown."""
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    how = choice.way.card + (f" (`{choice.source}`)" if choice.source else "")
    return f"""# A generator of {choice.size}×{choice.size} px images

![What it draws](samples.png)

It was made by frugalgan of the pictures in `{choice.pictures}`: {how}. {of_pictures}
(`.work/{places.prepared(PICTURES) / REJECTED}` says why).

| | |
|---|---|
{table}

Distances are small where its images resemble the pictures and vary as they do; they compare only with numbers by the
same network, at the same size, of as many images.

**Licence**: the pictures' licence governs what may be done with them and, in many places, with this model. You know it;
this file does not.

Pictures and curves: `report.html`. Use it: `frugalgan generate THIS_FOLDER -n 100 --out images`
"""


def _of_export(exported: dict[str, Any], distance: str) -> dict[str, str]:
    """What its files are: name → value."""
    found = {}
    for name, bits in {"exported in 32 bits": "float32", "exported in 8 bits": "8_bits"}.items():
        one = exported[bits]
        spread = one.get(f"{distance}_sd")  # none in what an older version measured, by more images
        measured = "" if spread is None else f", distance {one[distance]:.0f} ± {spread:.0f}"
        found[name] = f"{one['bytes'] / 1024:,.0f} KiB, {one['milliseconds_per_image']:.2g} ms an image{measured}"
    return found


def pictures(work: Path) -> str:
    """How many it learnt from, were held out, and were left out."""
    prepared = work / places.prepared(PICTURES)
    counts = [len(load_array(prepared / name)) for name in (IMAGES, HELDOUT)]
    rejected = prepared / REJECTED
    left_out = max(0, len(rejected.read_text(encoding="utf-8").splitlines()) - 1) if rejected.is_file() else 0
    return f"{counts[0]} to learn from, {counts[1]} held out; {left_out} pictures were left out"
