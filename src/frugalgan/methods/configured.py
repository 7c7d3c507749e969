"""All methods as params.yaml configures them."""

from pathlib import Path

from frugalgan.methods.base import Method
from frugalgan.methods.kd import Distillation
from frugalgan.methods.transfer import Transfer
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.params import PARAMS, section


def configured(path: Path = PARAMS, scale: str | None = None) -> dict[str, Method]:
    """Section → method. Raises ParamsError, so that a typo in any method's section shows before the first trains."""
    return {
        "wgan_gp": section(WganGp, "wgan_gp", path=path, scale=scale),
        "transfer": section(Transfer, "wgan_gp", "transfer", path=path, scale=scale),
        "kd": section(Distillation, "kd", without=("sweep",), path=path, scale=scale),
    }
