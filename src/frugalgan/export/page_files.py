"""A static page that runs a model in a browser, with onnxruntime-web from the npm registry beside it."""

import base64
import hashlib
import html
import json
import shutil
import subprocess
import tarfile
import tempfile
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import torch

from frugalgan.export.onnx_files import DOMAIN, ExportError, inputs
from frugalgan.networks import Network, every_label
from frugalgan.networks.sampling import latents

RUNTIME = "onnxruntime-web@1.30.0"
INTEGRITY = "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
RUNTIME_FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")


class PageError(ExportError):
    """The page cannot be made; the message says what to do. The model's files can stand without it."""


PAGE, WORKER = "index.html", "worker.mjs"
DIRECTIONS, PROBED, STEP = 4, 16, 0.25  # of z: how many sliders; z that are looked at; how far


def write_page(
    folder: Path, G: Network, *, title: str, file: str, bits: int, labels: tuple[str, ...], runtime: Path | None
) -> None:
    """index.html, worker.mjs and the runtime's files into `folder`, which has the ONNX `file` in so many bits.

    `runtime`: a folder with the runtime's files, or its archive; None: the npm registry's. Raises ExportError.
    """
    facts = {
        "network": G.description()["network"],
        "size": G.image_size,
        "latent_size": G.latent_size,
        "file": file,
        "bits": bits,
        "bytes": (folder / file).stat().st_size,
        "labels": list(labels),
        "domain": [round(value, 6) for value in inputs(G, 1, 0).get(DOMAIN, torch.empty(0)).tolist()],
        "directions": [[round(value, 4) for value in row] for row in directions(G).tolist()],
    }
    bring_runtime(folder, runtime)
    (folder / PAGE).write_text(page(title, facts), encoding="utf-8")
    (folder / WORKER).write_text(_text(WORKER), encoding="utf-8")


def page(title: str, facts: dict[str, Any]) -> str:
    """index.html. What stands in JSON cannot end the script that it stands in."""
    told = json.dumps(facts).replace("<", "\\u003c")
    return Template(_text(PAGE)).substitute(title=html.escape(title), facts=told)


def _text(name: str) -> str:
    return resources.files("frugalgan.export").joinpath("page", name).read_text(encoding="utf-8")


@torch.inference_mode()
def directions(G: Network, n: int = DIRECTIONS) -> torch.Tensor:
    """(n, latent_size), of length 1, orthogonal: in these directions of z images change most, on average over z.

    The eigenvectors of E[JᵀJ] with the largest eigenvalues, J the derivative of the image by z, from differences.
    """
    z = latents(PROBED, G.latent_size, 0)
    labels, size = every_label(G, PROBED), z.shape[1]
    total = torch.zeros(size, size, dtype=torch.float64)
    for i, one in enumerate(z):
        y = None if labels is None else labels[i].expand(size)
        steps = [G(one + sign * STEP * torch.eye(size), y) for sign in (1, -1)]
        change = (steps[0] - steps[1]).flatten(1).double() / (2 * STEP)
        total += change @ change.T
    return torch.linalg.eigh(total).eigenvectors.T.flip(0)[:n].float()


def bring_runtime(folder: Path, runtime: Path | None) -> None:
    """The runtime's files into `folder`. Raises PageError."""
    with tempfile.TemporaryDirectory() as temporary:
        if runtime is None:
            runtime = _from_npm(Path(temporary))
        if runtime.is_file():
            _check(runtime)
            with tarfile.open(runtime) as archive:
                for name in RUNTIME_FILES:
                    packed = archive.extractfile(f"package/dist/{name}")
                    assert packed is not None, "the archive that was tried has files there"
                    Path(temporary, name).write_bytes(packed.read())
            runtime = Path(temporary)
        for name in RUNTIME_FILES:
            if not (runtime / name).is_file():
                raise PageError(f"{runtime / name}: no such file; --runtime is the folder dist of {RUNTIME}")
            shutil.copyfile(runtime / name, folder / name)


def _from_npm(folder: Path) -> Path:
    if (npm := shutil.which("npm")) is None:
        raise PageError(
            f"npm not found, which brings the page's runtime: install Node.js, or give {RUNTIME} by --runtime, as its "
            "folder dist or its archive"
        )
    done = subprocess.run([npm, "pack", "--silent", RUNTIME], cwd=folder, capture_output=True, text=True, check=False)
    archives = list(folder.glob("*.tgz"))
    if done.returncode or not archives:
        raise PageError(
            f"npm cannot bring {RUNTIME}: {done.stderr.strip()[:200] or 'no archive'}; give it by --runtime"
        )
    return archives[0]


def _check(archive: Path) -> None:
    """Raise PageError unless it is the archive that was tried."""
    with archive.open("rb") as file:
        digest = base64.b64encode(hashlib.file_digest(file, "sha512").digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise PageError(f"{archive}: not {RUNTIME}, whose checksum is {INTEGRITY[:20]}…")
