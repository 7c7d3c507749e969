"""Which models the pipeline trains, and how: the one list that stages and plans read."""

from dataclasses import dataclass
from pathlib import Path

from frugalgan import params
from frugalgan.methods.base import Method
from frugalgan.methods.configured import configured
from frugalgan.methods.kd import Distillation
from frugalgan.params import PARAMS, Params, ParamsError
from frugalgan.training.loop import Budget


@dataclass(frozen=True)
class Run:
    """One model's training: a method, how many of its epochs, images per update (of all processes together)."""

    method: Method
    epochs: float
    batch_size: int

    @property
    def budget(self) -> Budget:
        """The epochs in steps."""
        return Budget.of_epochs(self.method, self.epochs, self.batch_size)


def runs(p: Params, path: Path = PARAMS) -> dict[str, Run]:
    """Model name → its training, of every model that the params name. Raises ParamsError."""
    methods, scale = configured(path, p.scale_name), p.scale
    ordinary, transfer = methods["wgan_gp"], methods["transfer"]

    def student(alpha: float) -> Method:
        return params.section(
            Distillation, "kd", without=("sweep",), instead={"alpha": alpha}, path=path, scale=p.scale_name
        )

    return {
        "untrained": Run(ordinary, 0.0, scale.batch_size),
        "teacher": Run(ordinary, scale.teacher_epochs, scale.batch_size),
        "scratch": Run(ordinary, scale.model_2_epochs, scale.batch_size),
        "transfer": Run(transfer, scale.model_2_epochs, scale.batch_size),
    } | {
        name: Run(student(alpha), scale.kd_epochs, scale.kd_batch_size) for name, alpha in params.students(path).items()
    }


def planned(p: Params, name: str, path: Path = PARAMS) -> Run:
    """The training of the model of that name. Raises ParamsError for a name that the params don't have."""
    found = runs(p, path)
    if name not in found:
        raise ParamsError(f"there is no model {name!r} in the params; there are {', '.join(found)}")
    return found[name]
