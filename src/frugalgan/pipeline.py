"""Which models the pipeline trains, and how: the one list that stages and plans read."""

from dataclasses import replace
from pathlib import Path

from frugalgan import params
from frugalgan.decoders import decoder_runs
from frugalgan.methods.base import Method, Shape
from frugalgan.methods.configured import configured
from frugalgan.methods.kd import Distillation
from frugalgan.params import PARAMS, ParamsError
from frugalgan.sections import Params
from frugalgan.training.planned import Run


def runs(p: Params, path: Path = PARAMS) -> dict[str, Run]:
    """Model name → its training, of every model that the params name. Raises ParamsError."""
    methods, scale, shape = configured(path, p.scale_name), p.scale, Shape.of(p)
    ordinary = Run(methods["wgan_gp"], shape, p.training, scale.teacher_epochs, scale.batch_size)

    def student(alpha: float) -> Method:
        return params.section(
            Distillation, "kd", without=("sweep",), instead={"alpha": alpha}, path=path, scale=p.scale_name
        )

    return (
        {
            "untrained": replace(ordinary, epochs=0.0),
            "teacher": ordinary,
            "scratch": replace(ordinary, epochs=scale.model_2_epochs),
            "transfer": replace(ordinary, method=methods["transfer"], epochs=scale.model_2_epochs),
        }
        | {
            name: Run(student(alpha), shape, p.training, scale.kd_epochs, scale.kd_batch_size)
            for name, alpha in params.students(path).items()
        }
        | decoder_runs(p, methods)
    )


def planned(p: Params, name: str, path: Path = PARAMS) -> Run:
    """The training of the model of that name. Raises ParamsError for a name that the params don't have."""
    found = runs(p, path)
    if name not in found:
        raise ParamsError(f"there is no model {name!r} in the params; there are {', '.join(found)}")
    return found[name]
