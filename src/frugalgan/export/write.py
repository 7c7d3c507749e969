"""A trained generator → a folder with ONNX files, a page that runs it, and what these are worth."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from frugalgan.export.onnx_files import DOMAIN, images, inputs, memory_mib, milliseconds, write_onnx
from frugalgan.export.page_files import PAGE, RUNTIME_FILES, WORKER, PageError, write_page
from frugalgan.export.quantised import NEAR, write_8_bits
from frugalgan.files import replaced, write_json
from frugalgan.networks import Network

FLOAT, EIGHT, FACTS = "model_float32.onnx", "model.onnx", "export.json"
BITS = {"float32": FLOAT, "8_bits": EIGHT}
COMPARED = 256  # images of both files, without a comparison
OWN = {FLOAT, EIGHT, FACTS, PAGE, WORKER, *RUNTIME_FILES}  # all that an export leaves


@dataclass(frozen=True)
class Comparison:
    """The inputs that both files draw from, and what their images are measured by."""

    given: dict[str, Tensor]  # z, and labels
    measure: Callable[[np.ndarray], dict[str, Any]]  # of (n, C, S, S) uint8


def write_export(
    G: Network,
    out: Path,
    *,
    title: str,
    labels: tuple[str, ...] = (),
    runtime: Path | None = None,
    page: bool = True,
    comparison: Comparison | None = None,
) -> dict[str, Any]:
    """The folder `out`: float32 and 8 bits, export.json, and index.html if `page`; returns what export.json says.

    The page draws in 8 bits unless one could see the difference: then in float32.

    With a `comparison`, what it measures of both files' images stands there, too. Raises ExportError; where it is a
    PageError, all but the page is there.
    """
    trouble = None
    with replaced(out) as folder:
        folder.mkdir()
        difference = write_onnx(G, folder / FLOAT)
        in_8_bits = write_8_bits(G, folder / FLOAT, folder / EIGHT)
        files = {name: folder / file for name, file in BITS.items()}
        times = milliseconds(list(files.values()), G)
        facts: dict[str, Any] = {
            name: {"file": file.name, "bytes": file.stat().st_size, "milliseconds_per_image": round(time, 3)}
            | {"memory_mib": memory_mib(file, G)}
            for (name, file), time in zip(files.items(), times, strict=True)
        }
        facts["float32"]["largest_difference_from_torch"] = difference
        given = inputs(G, COMPARED, 0) if comparison is None else comparison.given
        if DOMAIN in given:
            facts[DOMAIN] = given[DOMAIN].tolist()
        drawn = {name: images(file, given) for name, file in files.items()}
        change = float(np.abs(drawn["8_bits"].astype(np.int16) - drawn["float32"]).mean())
        facts["8_bits"] |= {"mean_difference_of_255": round(change, 3), "in_8_bits": in_8_bits}
        if comparison is not None:
            for name, pixels in drawn.items():
                facts[name] |= comparison.measure(pixels)
        write_json(folder / FACTS, facts)
        if page:
            try:
                file, bits = (EIGHT, 8) if change <= NEAR else (FLOAT, 32)
                write_page(folder, G, title=title, file=file, bits=bits, labels=labels, runtime=runtime)
            except PageError as error:
                trouble = error
    if trouble is not None:
        raise PageError(f"{out}: ONNX files are there, but no page: {trouble}")
    return facts
