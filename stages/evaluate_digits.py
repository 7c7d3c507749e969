"""Quality of all models of digits, over seeds; of GANs over training, too."""

from pathlib import Path
from typing import Annotated

import typer

from frugalgan import params
from frugalgan.decoder_evaluation import evaluate_models
from frugalgan.decoders import AUTOENCODERS, CONTROLS, STARTS
from frugalgan.features import extractor
from frugalgan.files import write_json
from frugalgan.provenance import device_name
from frugalgan.stage import run_stage
from frugalgan.training.hardware import choose_device


def main(
    models: Annotated[Path, typer.Argument(help="folder with a folder per model, and in it one per seed")],
    data: Annotated[Path, typer.Argument(help="folder of prepared digits")],
    out: Annotated[Path, typer.Argument(help="JSON of metrics to write")],
) -> None:
    """Measure models as section `digits` of params.yaml says: GANs at each moment, autoencoders at the last; in s."""
    p = params.load()
    device = choose_device(p.training.device)
    network = extractor(p.digits.extractor, p.evaluate.weights_file, device)
    folders = {name: models / name for name in (*AUTOENCODERS, *CONTROLS, *STARTS)}
    values = evaluate_models(
        network,
        folders,
        data,
        p.digits,
        kid_subsets=p.evaluate.kid_subsets,
        seed=p.sample.seed,
        ends=AUTOENCODERS,
    )
    write_json(out, values | {"device": device_name(device)})


if __name__ == "__main__":
    run_stage(main)
