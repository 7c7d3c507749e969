"""A generator as ONNX: z (N, latent_size) float32, and of a conditional one label (N,) int64 → image (N, C, S, S).

Of one that is adapted by few numbers these are an input, too: domain (K,) float32, the same for all images.
"""

import contextlib
import io
import logging
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from frugalgan.files import replaced
from frugalgan.networks import Network, every_label
from frugalgan.networks.sampling import latents

Z, LABEL, DOMAIN, IMAGE = "z", "label", "domain", "image"
VECTORS = ("domain_vector", "domain_vector_plus", "style_space")  # adaptations whose numbers are few
OPERATION = re.compile(r"\b(?:aten|prims|torchvision)(?:::|\.)(\w+)")  # as torch's messages name it
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
CLOSE = 1e-4  # of images in [-1, 1]: the largest difference from torch's
CHECKED, CHECK_SEED = 8, 7  # images that are compared with torch's
BATCH = 16  # images of one run
TIMED = 30


class ExportError(ValueError):
    """A generator cannot be exported; the message names why and what to do."""


class OfDomain(nn.Module):
    """A generator whose own numbers, those that adapt it, are an input: z, domain → image."""

    def __init__(self, G: Network) -> None:
        super().__init__()
        self.G = G
        own = {name: parameter for name, parameter in G.named_parameters() if parameter.requires_grad}
        self.shapes = {name: parameter.shape for name, parameter in own.items()}
        self.domain = torch.cat([parameter.detach().flatten() for parameter in own.values()])

    def forward(self, z: Tensor, domain: Tensor) -> Tensor:
        parts = domain.split([shape.numel() for shape in self.shapes.values()])
        own = {name: part.view(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}
        return torch.func.functional_call(self.G, own, (z,))


def as_exported(G: Network) -> nn.Module:
    """What becomes the file: takes `inputs` in their order."""
    return OfDomain(G) if G.adaptation in VECTORS and not G.classes else G


def needed(*modules: str) -> None:
    """Raise ExportError unless these can be imported."""
    import importlib.util

    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        raise ExportError(f"{', '.join(missing)} not installed: pip install -e '.[export]' in the clone")


def write_onnx(G: Network, file: Path) -> float:
    """`file` in float32; returns the largest difference of an image from torch's. Raises ExportError."""
    needed("onnx", "onnxscript", "onnxruntime")
    from onnx_ir.passes.common import ClearMetadataAndDocStringPass

    G = G.eval().cpu()
    given, name = inputs(G, 2, CHECK_SEED), G.description()["network"]
    batch = torch.export.Dim("batch")
    with replaced(file) as temporary:
        try:
            with quietly():
                program = torch.onnx.export(
                    as_exported(G),
                    tuple(given.values()),
                    input_names=list(given),
                    output_names=[IMAGE],
                    dynamic_shapes=tuple({} if key == DOMAIN else {0: batch} for key in given),
                    dynamo=True,
                    verbose=False,
                )
                assert program is not None
                ClearMetadataAndDocStringPass()(program.model)  # from which line of Python each node is: a fifth of it
            program.save(str(temporary))
        except (torch.onnx.OnnxExporterError, RuntimeError) as error:
            raise ExportError(f"{name}: {_why(error)}") from error
        if any(isinstance(one.shape[0], int) for one in session(temporary).get_inputs() if one.name != DOMAIN):
            raise ExportError(f"{name}: its forward fixes how many images there are, as len(x) does: write x.shape[0]")
        difference = largest_difference(G, temporary)
        if difference > CLOSE:
            raise ExportError(f"{file}: its images differ from torch's by {difference:.2g}, more than {CLOSE:g}")
    return difference


def _why(error: BaseException) -> str:
    """What hinders an export, and the cure, from what torch says of it at length."""
    said, cause = [str(error)], error
    while (cause := cause.__cause__ or cause.__context__) is not None:
        said.append(str(cause))
    lines = [line.strip() for line in COLOURS.sub("", "\n".join(reversed(said))).splitlines() if line.strip()]
    missing = next((line for line in lines if "ONNX function" in line or "not supported" in line), "")
    if found := OPERATION.search(missing):
        return f"ONNX has no operation {found[1]}: write its forward without it"
    reason = next((line for line in lines if not line.startswith(("Failed to", "#"))), lines[0])
    return f"its forward cannot be exported: {reason[:200]}: it may not depend on values, as `if x.sum() > 0` does"


def inputs(G: Network, n: int, seed: int) -> dict[str, Tensor]:
    """n z of that seed, labels in turn where it has classes, the numbers that adapt it where these are few."""
    given = {Z: latents(n, G.latent_size, seed)}
    labels, exported = every_label(G, n), as_exported(G)
    if isinstance(exported, OfDomain):
        return given | {DOMAIN: exported.domain.cpu()}
    return given if labels is None else given | {LABEL: labels}


def in_batches(given: dict[str, Tensor]) -> Iterator[dict[str, np.ndarray]]:
    """BATCH images at a time."""
    whole = as_arrays(given)
    for i in range(0, len(whole[Z]), BATCH):
        yield {name: values if name == DOMAIN else values[i : i + BATCH] for name, values in whole.items()}


def as_arrays(given: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """What onnxruntime takes."""
    return {name: tensor.numpy() for name, tensor in given.items()}


def session(file: Path) -> Any:
    """What runs that file, on the CPU. Raises ExportError."""
    needed("onnxruntime")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def largest_difference(G: Network, file: Path) -> float:
    """Of an image of the file from torch's, for fixed z."""
    given = inputs(G, CHECKED, CHECK_SEED)
    with torch.no_grad():
        expected = as_exported(G)(*given.values()).numpy()
    return float(np.abs(session(file).run(None, as_arrays(given))[0] - expected).max())


def images(file: Path, given: dict[str, Tensor]) -> np.ndarray:
    """(n, C, S, S) uint8: what the file draws."""
    runs = session(file)
    parts = [runs.run(None, part)[0] for part in in_batches(given)]
    return np.clip(np.rint((np.concatenate(parts) + 1) * 127.5), 0, 255).astype(np.uint8)


def milliseconds(files: Sequence[Path], G: Network) -> list[float]:
    """The median time of one image of each file, taken in turn."""
    given = as_arrays(inputs(G, 1, CHECK_SEED))
    runs, found = [session(file) for file in files], [[] for _ in files]
    for _ in range(TIMED):
        for one, times in zip(runs, found, strict=True):
            begun = time.perf_counter()
            one.run(None, given)
            times.append(1000 * (time.perf_counter() - begun))
    return [float(np.median(times[TIMED // 10 :])) for times in found]


def memory_mib(file: Path, G: Network) -> float | None:
    """Resident memory that the file takes beside onnxruntime itself, in a process of its own, after one image: weights
    and activations. None where the system does not say (it is read from /proc)."""
    given = " ".join(f"{name}={','.join(map(str, tensor.shape))}" for name, tensor in inputs(G, 1, 0).items())
    command = [sys.executable, "-c", _MEMORY, str(file), given]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode else round(float(done.stdout) / 2**20, 2)


_MEMORY = """
import os, sys
import numpy, onnxruntime
def resident(): return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
given = {}
for one in sys.argv[2].split():
    name, _, shape = one.partition("=")
    given[name] = numpy.zeros(tuple(map(int, shape.split(","))), "int64" if name == "label" else "float32")
options = onnxruntime.SessionOptions()
options.log_severity_level, options.intra_op_num_threads = 3, 1
before = resident()
run = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
run.run(None, given)
print(resident() - before)
"""


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without what exporters print of their progress."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "root", "")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
