"""A trained model's folder: its networks (generator.safetensors, …), model.json, and what training shows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from frugalgan.files import read_json, write_json
from frugalgan.methods.base import CRITIC, ENCODER, GENERATOR, Networks
from frugalgan.networks import Network, rebuild

PARTS = (GENERATOR, CRITIC, ENCODER)


class ModelError(ValueError):
    """Weights do not fit the model that model.json describes; the message names the file."""


def save_model(folder: Path, parts: Mapping[str, Network], facts: dict[str, Any]) -> None:
    """Write weights and model.json into `folder`; `facts` are what else is known of the model (JSON values)."""
    for part, network in parts.items():
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
        save_file(weights, folder / f"{part}.safetensors")
    write_json(folder / "model.json", {part: network.description() for part, network in parts.items()} | facts)


def read_facts(folder: Path) -> dict[str, Any]:
    """model.json. Raises FileError."""
    return read_json(folder / "model.json", mend="train the model first (dvc repro) or get it (dvc pull)")


def load_model(folder: Path) -> Networks:
    """All networks with their trained weights, strictly, in eval mode. Raises FileError or ModelError."""
    facts = read_facts(folder)
    return Networks({part: _load(folder / f"{part}.safetensors", facts[part]) for part in PARTS if part in facts})


def load_generator(folder: Path) -> Network:
    """The generator alone, in eval mode. Raises FileError or ModelError."""
    return _load(folder / "generator.safetensors", read_facts(folder)["generator"])


def _load(file: Path, description: dict[str, Any]) -> Network:
    network = rebuild(description)
    try:
        network.load_state_dict(load_file(file), strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ModelError(f"{file}: does not hold the weights that model.json describes: {error}") from None
    return network.eval()
