"""A trained model's weights: generator.safetensors, …, and networks.json, which says how its networks are built."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from frugalgan.files import read_json, write_json
from frugalgan.networks import Network, rebuild
from frugalgan.networks.parts import CRITIC, ENCODER, GENERATOR, Networks

PARTS = (GENERATOR, CRITIC, ENCODER)
NETWORKS = "networks.json"


class ModelError(ValueError):
    """Weights do not fit the model that networks.json describes; the message names the file."""


def save_model(folder: Path, parts: Mapping[str, Network]) -> None:
    """Write weights and networks.json into `folder`."""
    for part, network in parts.items():
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
        save_file(weights, folder / f"{part}.safetensors")
    write_json(folder / NETWORKS, {part: network.description() for part, network in parts.items()})


def read_networks(folder: Path) -> dict[str, Any]:
    """Part → how it is built. Raises FileError."""
    return read_json(folder / NETWORKS, hint="train the model first (dvc repro) or get it (dvc pull)")


def load_model(folder: Path) -> Networks:
    """All networks with their trained weights, strictly, in eval mode. Raises FileError or ModelError."""
    described = read_networks(folder)
    return Networks(
        {part: _load(folder / f"{part}.safetensors", described[part]) for part in PARTS if part in described}
    )


def load_generator(folder: Path) -> Network:
    """The generator alone, in eval mode. Raises FileError or ModelError."""
    return _load(folder / "generator.safetensors", read_networks(folder)["generator"])


def _load(file: Path, description: dict[str, Any]) -> Network:
    network = rebuild(description)
    try:
        network.load_state_dict(load_file(file), strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ModelError(f"{file}: does not hold the weights that networks.json describes: {error}") from None
    return network.eval()
