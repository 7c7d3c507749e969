"""A trained model's weights: generator.safetensors, …, and networks.json, which says how its networks are built.

Of an adapted generator the file has what was trained alone; all else is the source's, which networks.json names.
"""

import importlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from frugalgan.files import read_json, write_json
from frugalgan.networks import Network
from frugalgan.networks.offers import Adaptable
from frugalgan.networks.parts import CRITIC, ENCODER, GENERATOR, Networks
from frugalgan.provenance import file_sha256

PARTS = (GENERATOR, CRITIC, ENCODER)
NETWORKS = "networks.json"
FILE = "{part}.safetensors"


class ModelError(ValueError):
    """Weights do not fit the model that networks.json describes; the message names the file."""


def save_model(
    folder: Path, parts: Mapping[str, Network], source: Path | None = None, becomes: Path | None = None
) -> None:
    """Write weights and networks.json into `folder`; `source`: the folder of the model that an adapted network
    started from; `becomes`: how `folder` will be called, where that is another name."""
    described: dict[str, dict[str, Any]] = {}
    for part, network in parts.items():
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
        described[part] = network.description()
        trained = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
        if network.adaptation and len(trained) < len(list(network.parameters())):
            assert source is not None
            weights = {name: tensor for name, tensor in weights.items() if name in trained}
            described[part]["source"] = {
                "folder": os.path.relpath(source, becomes or folder),
                "sha256": file_sha256(source / FILE.format(part=part)),
            }
        save_file(weights, folder / FILE.format(part=part))
    write_json(folder / NETWORKS, described)


def read_networks(folder: Path) -> dict[str, Any]:
    """Part → how it is built. Raises FileError."""
    return read_json(folder / NETWORKS, hint="train the model first (dvc repro) or get it (dvc pull)")


def rebuild(description: dict[str, Any]) -> Network:
    """The network that `Network.description` described, with fresh weights. Raises ValueError."""
    family, _, name = str(description.get("network")).rpartition(".")
    if not all(part.isidentifier() for part in family.split(".")):
        raise ValueError(f"{description.get('network')!r} is not the name of a network, such as dcgan.Generator")
    network = getattr(importlib.import_module(f"frugalgan.networks.{family}"), name, None)
    if not (isinstance(network, type) and issubclass(network, Network)):
        raise ValueError(f"there is no network {name} in frugalgan.networks.{family}")
    rebuilt = network(**description["arguments"])
    if adaptation := description.get("adaptation"):
        rebuilt.require(Adaptable, f"adaptation {adaptation!r}").adapt(adaptation)
    return rebuilt


def load_model(folder: Path) -> Networks:
    """All networks with their trained weights, strictly, in eval mode. Raises FileError or ModelError."""
    described = read_networks(folder)
    return Networks(
        {part: _load(folder / FILE.format(part=part), described[part]) for part in PARTS if part in described}
    )


def load_generator(folder: Path) -> Network:
    """The generator alone, in eval mode. Raises FileError or ModelError."""
    return _load(folder / FILE.format(part=GENERATOR), read_networks(folder)[GENERATOR])


def classes_of(folder: Path) -> int:
    """How many labels a trained generator is given; 0: none. Raises FileError, and ValueError as `rebuild` does."""
    return rebuild(read_networks(folder)[GENERATOR]).classes


def load_mixture(folders: Sequence[Path], shares: Sequence[float]) -> Network:
    """The source of adapted generators + Σ share · what each of them changes in it, in eval mode: no shares, and it is
    the source; one share of 1, and it is that model. Raises ModelError for other sources or ways of adapting."""
    files = [folder / FILE.format(part=GENERATOR) for folder in folders]
    described = [read_networks(folder)[GENERATOR] for folder in folders]
    kinds = {(one.get("adaptation"), one.get("source", {}).get("sha256")) for one in described}
    if len(kinds) > 1 or None in kinds.pop():
        names = ", ".join(map(str, folders))
        raise ModelError(f"{names}: only models that are adapted in one way from one source can be mixed")
    whole = [_load(file, description).state_dict() for file, description in zip(files, described, strict=True)]
    mixture = rebuild(described[0])
    start = mixture.state_dict() | load_file(str(_source_of(files[0], described[0])))  # its own numbers change nothing
    changed = {
        key: sum((share * (one[key] - value) for share, one in zip(shares, whole, strict=True)), value)
        for key, value in start.items()
        if value.is_floating_point()
    }
    mixture.load_state_dict(start | changed, strict=True)
    return mixture.eval()


def _load(file: Path, description: dict[str, Any]) -> Network:
    network, source = rebuild(description), _source_of(file, description)
    try:
        weights = load_file(file)
        if source is not None:
            weights = load_file(source) | weights
        network.load_state_dict(weights, strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ModelError(f"{file}: does not hold the weights that networks.json describes: {error}") from None
    return network.eval()


def _source_of(file: Path, description: dict[str, Any]) -> Path | None:
    """The file that has the other weights, of an adapted network. Raises ModelError."""
    if "source" not in description:
        return None
    source = file.parent / description["source"]["folder"] / file.name
    wanted = description["source"]["sha256"]
    if not source.is_file():
        raise ModelError(f"{file}: adapts the model of {source}, which is not there: dvc pull, or train it (dvc repro)")
    if (found := file_sha256(source)) != wanted:
        raise ModelError(
            f"{file}: adapts another model than {source} holds now (sha256 {wanted[:12]}…, not {found[:12]}…): "
            "adapt this one anew (dvc repro), or get that one back"
        )
    return source
