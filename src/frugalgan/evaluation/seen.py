"""Pretrained networks used in training; they must not evaluate the model."""

from frugalgan.config.params import mapping
from frugalgan.config.study import Study

# Families of networks, and the frozen network that their critic uses.
SEE_THROUGH = {"projected": "efficientnet_lite0", "mixed": "efficientnet_lite0"}
SEE_BY = {"direction": "encoder"}  # a method, and the key of its section that names such a network
WITHOUT_CRITIC = ("ae", "vae", "wae")


def seen_in_training(study: Study, name: str) -> str | None:
    """The frozen network whose features train a model of `study`; None: it has none. Raises ParamsError."""
    row = study.row(name)
    if row.method in SEE_BY:
        return str(mapping(study.raw, row.method, study.params).get(SEE_BY[row.method]))
    return None if row.method in WITHOUT_CRITIC else SEE_THROUGH.get(study.families(row.networks)[-1])
