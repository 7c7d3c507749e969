"""All methods as params.yaml configures them."""

from pathlib import Path

from frugalgan.methods.ae import Ae
from frugalgan.methods.base import Method
from frugalgan.methods.cvae import Cvae
from frugalgan.methods.cwae import Cwae
from frugalgan.methods.dcgan import DcGan
from frugalgan.methods.decoder_init import DecoderDcGan, DecoderWganGp
from frugalgan.methods.kd import Distillation
from frugalgan.methods.transfer import Transfer
from frugalgan.methods.vae import Vae
from frugalgan.methods.wae import Wae
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.params import PARAMS, section


def configured(path: Path = PARAMS, scale: str | None = None) -> dict[str, Method]:
    """Name → method. Raises ParamsError, so that a typo in any method's section shows before the first trains."""
    return {
        "wgan_gp": section(WganGp, "wgan_gp", path=path, scale=scale),
        "transfer": section(Transfer, "wgan_gp", "transfer", path=path, scale=scale),
        "kd": section(Distillation, "kd", without=("sweep",), path=path, scale=scale),
        "dcgan": section(DcGan, "dcgan", path=path, scale=scale),
        "ae": section(Ae, "ae", path=path, scale=scale),
        "vae": section(Vae, "ae", "vae", path=path, scale=scale),
        "cvae": section(Cvae, "ae", "cvae", path=path, scale=scale),
        "wae": section(Wae, "ae", "wae", path=path, scale=scale),
        "cwae": section(Cwae, "ae", "cwae", path=path, scale=scale),
        "decoder_dcgan": section(DecoderDcGan, "dcgan", "decoder_init", path=path, scale=scale),
        "decoder_wgan_gp": section(DecoderWganGp, "wgan_gp", "decoder_init", path=path, scale=scale),
    }
