"""GANs that start as a decoder, with controls and autoencoders, on curves made by hand."""

from typing import Any

from small_evaluations import NEAR, evaluations_of
from small_study import row, small_study

from frugalgan.report.decoders import decoders
from frugalgan.report.head_start import HeadStart, head_starts
from frugalgan.report.results import Evaluations

NAME, CONTROL, ENCODER = "dcgan_from_vae", "dcgan", "vae"
FACE, CONDITIONAL = "teacher_from_vae", "cwgan_from_cvae"
TIMES = [0.0, 10.0, 20.0, 30.0, 40.0]
CURVE = [100.0, 80.0, 60.0, 50.0, 40.0]  # of digits' GANs, unless said otherwise
CONDITIONALS: dict[str, Any] = {"method": "wgan_gp", "networks": "conditional"}
Changes = dict[str, dict[str, Any]]


def digits(**changes: Any) -> dict[str, Any]:
    return row(**{"data": "digits", "method": "dcgan", "seeds": 3} | changes)


ROWS = {
    "dcgan": digits(),
    "cwgan": digits(**CONDITIONALS),
    "ae": digits(method="ae"),
    "vae": digits(method="vae"),
    "cvae": digits(method="vae", networks="conditional"),
    "dcgan_from_ae": digits(source="ae", start="decoder"),
    "dcgan_from_vae": digits(source="vae", start="decoder"),
    "cwgan_from_cvae": digits(source="cvae", start="decoder", **CONDITIONALS),
    "teacher": row(),
    "cats_vae": row(method="vae"),
    "teacher_from_vae": row(source="cats_vae", start="decoder", budget="short"),
}
STARTS = ["dcgan_from_ae", "dcgan_from_vae", "cwgan_from_cvae", "teacher_from_vae"]
STUDY = small_study(ROWS)


def course(
    distance: list[float], seconds: list[float], shifts: tuple[float, ...] = NEAR, mib: float = 10.0
) -> dict[str, Any]:
    """A model's training, as arguments of `evaluation`; of cats there is one seed."""
    return {"distance": distance[-1], "course": distance, "seconds": seconds, "shifts": shifts, "mib": mib}


def evaluated(changes: Changes | None = None) -> Evaluations:
    """Autoencoders train for 5 seconds, GANs of digits for 40 and those of cats for 8; `changes` may replace them."""
    usual: Changes = {}
    for name, one in ROWS.items():
        shifts = NEAR[: one["seeds"]]
        if one["method"] in ("ae", "vae"):
            usual[name] = course([90.0, 70.0], [0.0, 5.0], shifts, mib=20.0)
        elif one["data"] == "cats":
            usual[name] = course([90.0, 50.0], [0.0, 8.0], shifts)
        else:
            usual[name] = course(CURVE, TIMES, shifts)
    keys = {name: {"key": "fd_small"} for name, one in ROWS.items() if one["data"] == "digits"}
    return evaluations_of(
        STUDY, ROWS, {name: usual[name] | (changes or {}).get(name, {}) | keys.get(name, {}) for name in ROWS}
    )


def starts_of(changes: Changes | None = None) -> list[HeadStart]:
    return head_starts(STUDY, evaluated(changes))


def table_rows(changes: Changes | None = None) -> dict[str, dict[str, Any]]:
    """The report's table: model → its row."""
    return {str(name): values for name, values in decoders(STUDY, starts_of(changes), 0.05).to_dict("index").items()}
